"""What `ads source preview` prints: a block for each line, then totals."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ads_pipeline.cli.tables import JSON, echo, print_table, print_verdict, terminal_width
from ads_pipeline.pipeline.preview import Preview, PreviewedLine
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
    for line in preview.lines:
        _print_line(line, width)
    counts = preview.counts
    if counts.lines > len(preview.lines):
        echo(f"… and {counts.lines - len(preview.lines):,} more lines")
    if preview.lines:
        echo()
    outcomes = ("accepted", "duplicates", "corrections")
    told = [f"{getattr(counts, name):,} {name}" for name in outcomes] + [f"{counts.quarantined:,} refused"]
    echo(f"{counts.lines:,} lines in the file: {', '.join(told)}")
    if preview.reasons:
        print_table("", ("refused for", "lines"), list(preview.reasons.items()), keys=("refused for",))
    if "expired" in preview.reasons:
        echo(
            f"expired: before the {settings.retention_days} days that are kept; `ADS_RETENTION_DAYS=0 ads source preview` shows the events"
        )


def _print_line(line: PreviewedLine, width: int | None) -> None:
    reasons = f": {', '.join(line.reasons)}" if line.reasons else ""
    word, verdict = f"line {line.line_number}", f"{line.outcome}{reasons}"
    first, *rest = textwrap.wrap(verdict, width - len(word) - 2) if width else [verdict]
    print_verdict(word, COLORS.get(line.outcome, "yellow"), first)
    for row in rest:
        echo(f"{' ' * len(word)}  {row}")
    text = visible(line.line)
    room = width - len(INDENT) if width else 0
    for row in [*_folded(text, room), *_wrapped(line.event, room)]:
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
