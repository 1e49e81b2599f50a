"""What `ads source preview` prints: a block for each record of the first lines, then totals."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ads_pipeline.cli.tables import JSON, echo, print_table, print_verdict, terminal_width
from ads_pipeline.pipeline.preview import Preview, PreviewedRecord
from ads_pipeline.settings import Settings
from ads_pipeline.text import visible

COLORS = {"accepted": "green", "refused": "red"}

INDENT = "    "

LEAST = 40
"""Columns that are used of a terminal which has fewer."""

ROWS = 3
"""Rows of a terminal that the text of a line may take."""


def print_preview(preview: Preview, settings: Settings) -> None:
    """Print the lines and the totals of a preview; on a terminal the text of a line is cut, events and reasons never are."""
    columns = terminal_width()
    width = max(columns, LEAST) if columns else None
    numbers = [record.line_number for record in preview.lines]
    for record, before in zip(preview.lines, [0, *numbers], strict=False):
        _print_record(record, width, is_first=record.line_number != before)
    counts = preview.counts
    if counts.lines > len(set(numbers)):
        echo(f"… and {counts.lines - len(set(numbers)):,} more lines")
    if preview.lines:
        echo()
    outcomes = ("accepted", "duplicates", "corrections")
    told = [f"{getattr(counts, name):,} {name}" for name in outcomes] + [f"{counts.quarantined:,} refused"]
    lines = f"{counts.lines:,} lines in the file"
    if counts.ignored or counts.records != counts.lines:
        lines += f", {counts.ignored:,} of them ignored, with {counts.records:,} records"
    echo(f"{lines}: {', '.join(told)}")
    for words, reasons in ((("refused for", "records"), preview.reasons), (("ignored for", "lines"), counts.ignored_reasons)):
        if set(reasons) - {""}:
            print_table("", words, list(reasons.items()), keys=words[:1])
    if preview.hint:
        print_verdict("hint", "yellow", preview.hint)
    if "expired" in preview.reasons:
        echo(
            f"expired: before the {settings.retention_days} days that are kept; `ADS_RETENTION_DAYS=0 ads source preview` shows the events"
        )


def _print_record(record: PreviewedRecord, width: int | None, *, is_first: bool) -> None:
    reasons = f": {', '.join(map(visible, record.reasons))}" if record.reasons else ""
    place = f", record {record.record}" if record.record else ""
    word, verdict = f"line {record.line_number}{place}", f"{record.outcome}{reasons}"
    first, *rest = textwrap.wrap(verdict, width - len(word) - 2) if width else [verdict]
    print_verdict(word, COLORS.get(record.outcome, "yellow"), first)
    for row in rest:
        echo(f"{' ' * len(word)}  {row}")
    room = width - len(INDENT) if width else 0
    text = _folded(visible(record.line), room) if is_first else ()
    for row in [*text, *_wrapped(record.event, room)]:
        echo(f"{INDENT}{row}")


def _folded(text: str, room: int) -> Sequence[str]:
    """The text on a few rows; what does not fit is cut."""
    from rich.cells import chop_cells

    rows = chop_cells(text, room) if room else [text]
    return rows if len(rows) <= ROWS else [*rows[: ROWS - 1], rows[ROWS - 1][:-1] + "…"]


def _wrapped(event: Mapping[str, Any], room: int) -> Iterator[str]:
    """The fields of an event as `name=value`, as many on a line as there is room for."""
    row = "→"
    for name, value in event.items():
        part = visible(f"{name}={JSON.encode(value).decode() if not isinstance(value, str) else value}")
        if room and row != "→" and len(row) + 1 + len(part) > room:
            yield row
            row = " "
        row = f"{row} {part}"
    if event:
        yield row
