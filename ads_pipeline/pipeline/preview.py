"""What a source makes of a file: each of its first lines beside its event or its reasons, and totals of the whole file.

The file goes through the first steps of a batch, as `ingest` runs them, in a database that lasts as long as the preview. Nothing is
published, and the user's database is not opened.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ads_pipeline.contract import CONTRACT_FIELDS
from ads_pipeline.errors import DropError
from ads_pipeline.landing import ENDINGS, Drop, FolderStore, format_of
from ads_pipeline.landing.drops import is_hidden
from ads_pipeline.landing.folder import drop_of
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.examples import PLAIN, without_defaults
from ads_pipeline.pipeline.hints import causes
from ads_pipeline.pipeline.ledger import Counts, Entry
from ads_pipeline.pipeline.loading import WholeDrops
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.pipeline.source_heads import source_head
from ads_pipeline.pipeline.sources import find_source, source_files
from ads_pipeline.pipeline.staging import Item, first_lines, stage_drops
from ads_pipeline.pipeline.staging.items import REMEDY, SOURCE_REMEDY
from ads_pipeline.pipeline.steps import claim, classify, make_tables, stage
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.embedded import need_embedded
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Names, of_batch

MOST_RECORDS = 20
"""How many records of one line are shown."""


@dataclass(frozen=True, slots=True)
class PreviewedRecord:
    """A record of a line and what becomes of it; `line` is as the reader yields it.

    Args:
        record: its place among the line's records, from 1; 0: the line yields no more than one, or is refused as a whole.
        outcome: `accepted`, `duplicate`, `correction` or `refused`; or `ignored`: the line yields no record.
        event: the fields that do not have their default; none of a refused record.
        reasons: why it is refused, or why the line is ignored.
    """

    line_number: int
    record: int
    outcome: str
    line: str
    event: Mapping[str, Any]
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """The first lines of a file by their records, and totals of all; `reasons` counts refused records, one once for each of its reasons.

    `hint` says what seems to be wrong where (nearly) all records are refused for the same reason.
    """

    lines: Sequence[PreviewedRecord]
    counts: Counts
    reasons: Mapping[str, int]
    hint: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The preview as `--json` prints it."""
        return {
            "lines": [{name: getattr(record, name) for name in PreviewedRecord.__slots__} for record in self.lines],
            "totals": {
                "lines": self.counts.lines,
                "records": self.counts.records,
                "ignored": self.counts.ignored,
                "ignored_reasons": self.counts.ignored_reasons,
                "accepted": self.counts.accepted,
                "duplicates": self.counts.duplicates,
                "corrections": self.counts.corrections,
                "refused": self.counts.quarantined,
                "reasons": self.reasons,
            },
            "hint": self.hint,
        }


def preview(settings: Settings, source: str, file: Path, limit: int) -> Preview:
    """Read a file through a source and the contract.

    Args:
        settings: sources, time zone and retention are taken from them, nothing else.
        limit: how many of the first lines are shown.

    Raises:
        UsageError: unknown source.
        DropError: the file cannot be read, or the source cannot be run on it.
    """
    find_source(settings, source)
    need_embedded("a preview runs")
    store = _OneFile(file, source)
    with tempfile.TemporaryDirectory() as home:
        kept = {name: getattr(settings, name) for name in ("sql_dir", "timezone", "retention_days", "max_future", "event_types")}
        own = load_settings(**PLAIN | kept | {"home": Path(home)})
        with open_warehouse(own, write=True) as warehouse:
            content = WholeDrops(lambda staging: stage_drops(staging, store, batch.entries, lambda _size, _drops: None))
            batch = Batch(warehouse, own, [Entry(store.drop)], begin_run(warehouse, own).rollups, content)
            for step in (claim, make_tables, stage, classify):
                step(batch)
            if batch.errors:
                (error,) = batch.errors.values()
                raise DropError(f"{file} cannot be read: {error.removesuffix(f'; {REMEDY}').removesuffix(f'; {SOURCE_REMEDY}')}")
            return _shown(batch, file, limit)


def _shown(batch: Batch, file: Path, limit: int) -> Preview:
    """What the tables of a batch say of its only drop."""
    sql = of_batch("preview/verdicts", batch.tables, columns=Names(CONTRACT_FIELDS))
    rows = batch.warehouse.rows(sql, limit=limit, records=MOST_RECORDS)
    source = batch.entries[0].drop.source
    item = Item(1, batch.entries[0], file, text=source_head(source, source_files(batch.settings)[source]).format)
    lines = first_lines(batch.warehouse, item, batch.settings.home, sorted({row["line_number"] for row in rows}), batch.settings)
    reasons = batch.warehouse.rows(of_batch("preview/reasons", batch.tables))
    return Preview(
        [_record(row, lines[row["line_number"]]) for row in rows],
        batch.counts,
        {row["reason"]: row["records"] for row in reasons},
        "".join(cause.text for _, cause in causes(batch).values()),
    )


def _record(row: dict[str, Any], line: str) -> PreviewedRecord:
    event = {} if row["outcome"] in ("refused", "ignored") else without_defaults({name: row[name] for name in CONTRACT_FIELDS})
    reasons = [row["because"]] if row["because"] else row["reasons"]
    return PreviewedRecord(row["line_number"], row["record"], row["outcome"], line, event, reasons)


class _OneFile(FolderStore):
    """A landing store of one file, wherever it lies or a link to it leads: the drop is named as if it had landed for the source."""

    def __init__(self, file: Path, source: str) -> None:
        super().__init__(file.absolute().parent)
        self.file = file.absolute()
        self.drop = replace(_found(file), name=f"{source}/{file.name}", source=source)

    def fetch(self, drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        """See `LandingStore.fetch`; nothing is copied."""
        del folder
        return {drop.name: self.file for drop in drops}

    def is_current(self, drop: Drop) -> bool:
        """See `LandingStore.is_current`."""
        found = drop_of(self.file.name, self.file.stat()) if self.file.is_file() else None
        return found is not None and found.etag == drop.etag

    def is_gone(self, drop: Drop) -> bool:
        """See `LandingStore.is_gone`."""
        return not self.file.is_file()


def _found(file: Path) -> Drop:
    if not file.is_file():
        raise DropError(f"{file} cannot be read: it is not a file, or there is none")
    try:
        file.open("rb").close()
    except OSError as error:
        raise DropError(f"{file} cannot be read ({error.strerror})") from None
    if not format_of(file.name):
        raise DropError(f"{file} cannot be read: the name of a drop ends in {ENDINGS}")
    drop = None if is_hidden(file.name) else drop_of(file.name, file.stat())
    if not drop:
        raise DropError(f"{file} would not be loaded: a name that begins with . or _ is passed over as not whole yet; rename it")
    return drop
