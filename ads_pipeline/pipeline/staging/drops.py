"""Fetch the drops of a batch and stage them in the way that suits the engine."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ads_pipeline.errors import DropError, GoneError, NotFetchedError
from ads_pipeline.landing import ENDINGS, UNKNOWN, Drop, LandingStore, is_empty
from ads_pipeline.pipeline.ledger import Entry
from ads_pipeline.pipeline.parts import PartError
from ads_pipeline.pipeline.source_heads import SourceHead, SourceHeadError, source_head
from ads_pipeline.pipeline.sources import source_files, source_select
from ads_pipeline.pipeline.staging import bodies, bucket, files
from ads_pipeline.pipeline.staging.items import SOURCE_REMEDY, Item
from ads_pipeline.pipeline.staging.preparing import prepared
from ads_pipeline.pipeline.staging.table import Staging
from ads_pipeline.pipeline.staging.uniform import LEAST, LineForm, form_of_file
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Sql


def stage_drops(staging: Staging, store: LandingStore, entries: Sequence[Entry], progress: Callable[[int, int], None]) -> None:
    """Stage drops, numbered from 1 in the order given; those that fail go to `staging.errors`.

    Args:
        progress: told how many more bytes and drops have been staged.
    """
    drops = [entry.drop for entry in entries if entry.drop.format != UNKNOWN]
    forms = bucket.line_forms(staging, store, drops)
    fetched = [drop for drop in drops if drop.name not in forms]
    with _work_folder(staging.settings) as folder:
        paths = store.fetch(fetched, folder)
        items = _readable(staging, forms, entries, paths, folder)
        if staging.warehouse.connection.reads_files:
            files.stage(staging, items, folder, progress)
        else:
            bodies.stage(staging, items, folder, progress)
            bodies.stage(staging, _fetched_after_all(staging, store, items, folder), folder, lambda _size, _drops: None)
        _refuse_changed(staging, store, [drop for drop in drops if _is_in_place(paths.get(drop.name), folder)], items)


def _readable(
    staging: Staging,
    forms: Mapping[str, LineForm | None],
    entries: Sequence[Entry],
    fetched: dict[str, Path | DropError],
    folder: Path,
) -> list[Item]:
    sources, items = source_files(staging.settings), list[Item]()
    heads = {
        name: _head_or_fault(staging.settings, name, sources[name]) for name in {entry.drop.source for entry in entries} & sources.keys()
    }
    for number, entry in enumerate(entries, 1):
        try:
            found = _item(staging, number, entry, fetched.get(entry.drop.name), heads, folder)
            items += [_with_line_form(forms, item) for item in found]
        except FileNotFoundError:
            staging.refuse(entry.drop.name, GoneError(entry.drop.name))
    return items


def _item(
    staging: Staging, number: int, entry: Entry, path: Path | DropError | None, heads: Mapping[str, SourceHead | DropError], folder: Path
) -> list[Item]:
    """The drop as engines read it; none if it is empty, or cannot be read, and then it is refused.

    Raises:
        FileNotFoundError: its file has been removed.
    """
    drop = entry.drop
    if drop.format == UNKNOWN:
        staging.refuse(drop.name, DropError(_of_unknown(drop.name)))
    elif isinstance(path, DropError):
        staging.refuse(drop.name, path)
    elif path and is_empty(path, drop.format):
        pass
    elif drop.source not in heads:
        staging.errors[drop.name] = f"unknown source {drop.source!r}: add sql/sources/{drop.source}.sql, then `ads drops retry {drop.name}`"
    elif isinstance(head := heads[drop.source], DropError):
        staging.refuse(drop.name, head)
    else:
        return _prepared(staging, Item(number, entry, path, text=head.format), folder)
    return []


def _prepared(staging: Staging, item: Item, folder: Path) -> list[Item]:
    """The drop as engines read it; none if it is empty, or damaged, and then it is blamed."""
    try:
        found = prepared(item, folder, staging.settings) if item.file else item
    except DropError as error:
        staging.blame(item, error)
        return []
    return [] if found.copied_as and is_empty(found.path, found.form) else [found]


def _with_line_form(forms: Mapping[str, LineForm | None], item: Item) -> Item:
    """A drop of NDJSON that is not small with what its first lines say."""
    if item.kind != "ndjson" or item.entry.drop.size < LEAST:
        return item
    return replace(item, line_form=form_of_file(item.path, item.form) if item.file else forms.get(item.entry.drop.name))


def _of_unknown(name: str) -> str:
    return (
        f"it is not known what is in it: the name of a drop ends in {ENDINGS}. Land it under such a name; if it is no drop, "
        f"`ads drops dismiss {name}`, and give the next ones a name that begins with `_`"
    )


def _head_or_fault(settings: Settings, source: str, sql: Sql) -> SourceHead | DropError:
    """What the header lines of a source say, or what is wrong with them, or with its use of parts."""
    try:
        source_select(settings, source)
        return source_head(source, sql)
    except (SourceHeadError, PartError) as error:
        return NotFetchedError(f"{error}; {SOURCE_REMEDY}")


def _fetched_after_all(staging: Staging, store: LandingStore, items: Sequence[Item], folder: Path) -> list[Item]:
    """Drops that a server could not read from the bucket: older releases do not know all types of Parquet, and gzip may be padded."""
    failed = {item.entry.drop.name: item for item in items if item.file is None}
    failed = {name: item for name, item in failed.items() if name in staging.errors.keys() - staging.again}
    for name in failed:
        del staging.errors[name]
    found = store.fetch([item.entry.drop for item in failed.values()], folder) if failed else {}
    readable = list[Item]()
    for name, path in found.items():
        if isinstance(path, DropError):
            staging.refuse(name, path)
        else:
            readable += _prepared(staging, replace(failed[name], file=path), folder)
    return readable


def _is_in_place(path: Path | DropError | None, folder: Path) -> bool:
    """Whether a drop was read where it landed: from there (`path`), or by the server from its bucket (no path), and not a copy of it."""
    return path is None or (isinstance(path, Path) and not path.is_relative_to(folder))


def _refuse_changed(staging: Staging, store: LandingStore, in_place: Sequence[Drop], items: Sequence[Item]) -> None:
    """Take back drops that changed while they were read in place: some were empty or damaged for that while. The next ingest reads them."""
    known = staging.again | staging.gone
    changed = {drop.name for drop in in_place if drop.name not in known and not store.is_current(drop)}
    staging.take_back([item for item in items if item.entry.drop.name in changed])
    for name in changed:
        staging.refuse(name, NotFetchedError("changed while it was read; the next ingest loads its new content"))
    for drop in in_place:
        if drop.name in staging.errors.keys() - staging.gone and store.is_gone(drop):
            staging.refuse(drop.name, GoneError(drop.name))


@contextmanager
def _work_folder(settings: Settings) -> Iterator[Path]:
    """A temporary folder under `ADS_HOME`. Those of dead runs are removed too, as there is one writer at a time."""
    parent = settings.work
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob("batch-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix="batch-") as folder:
        yield Path(folder)
