"""The verb `erase`: take people out of everything that is kept, as if their lines had never landed, and certify it."""

import getpass
import logging
import platform
import secrets
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from ads_pipeline import __version__
from ads_pipeline.days import EARLIEST_DAY
from ads_pipeline.durable import make_folder, sync
from ads_pipeline.errors import AdsError
from ads_pipeline.landing import LandingStore
from ads_pipeline.landing.blanking import Pattern, pattern_of
from ads_pipeline.pipeline.completeness import lacking_days
from ads_pipeline.pipeline.erasing.landed import Landed, clear_drops
from ads_pipeline.pipeline.erasing.people import (
    KEY_BYTES,
    Key,
    People,
    checked_ids,
    given_people,
    is_told_in_text,
    key_file,
    known_key,
    listed_people,
    made_key,
    note_people,
)
from ads_pipeline.pipeline.erasing.raw import days_with, erase_days
from ads_pipeline.pipeline.erasing.removing import clear_corrections, clear_errors, clear_quarantine, clear_totals, held_of, remove_unused
from ads_pipeline.pipeline.erasing.traces import find_in_files, mask_files, masked
from ads_pipeline.pipeline.ingest import load_again
from ads_pipeline.pipeline.ledger import read_ledger
from ads_pipeline.pipeline.rebuild import lack_remedy, lack_text, lost_days, open_notes, span
from ads_pipeline.pipeline.retention import enforce_retention, kept_from
from ads_pipeline.pipeline.run import Run
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.folder import embedded_folder
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import statement

log = logging.getLogger(__name__)

UNFINISHED = "erasing"
"""The fact in table `state` which says that an erasure has not ended."""

LAST = "erased_at"
"""The fact which says when an erasure has ended that found something: backups that are older may hold it."""


@dataclass
class Erased:
    """What was found, and what became of it.

    Args:
        days: event days of raw with events of these people, each with how many.
        quarantined: records of theirs in quarantine.
        history: rows of the history and of statements that named them.
        aggregates_only: by rollup, its days past retention: they hold aggregates, which cannot be recomputed.
        masked: other files of the home in which ids were masked.
        remaining: what still holds ids, in words.
        too_short: how many ids are too short to be looked for in text.
    """

    people: int
    too_short: int
    days: dict[date, int] = field(default_factory=dict)
    quarantined: int = 0
    history: int = 0
    landed: Landed = field(default_factory=Landed)
    aggregates_only: dict[str, list[date]] = field(default_factory=dict)
    masked: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The counts as a certificate and `--plan` show them."""
        return {
            "people": self.people,
            "ids_too_short_for_text": self.too_short,
            "events": sum(self.days.values()),
            "event_days": [day.isoformat() for day in sorted(self.days)],
            "quarantined": self.quarantined,
            "history_rows": self.history,
            "drops_read": self.landed.drops,
            "drops_rewritten": self.landed.rewritten,
            "drops_listed": self.landed.listed,
            "drops_not_read": self.landed.unread,
            "files_masked": self.masked,
            "aggregates_only": {
                rollup: {"first": days[0].isoformat(), "last": days[-1].isoformat(), "days": len(days)}
                for rollup, days in self.aggregates_only.items()
            },
            "remaining": self.remaining,
        }


def plan_erasure(run: Run, store: LandingStore, user_ids: Sequence[str]) -> Erased:
    """What `erase` would take out of the engine, as far as it can be said without reading every landed drop; nothing is changed."""
    ids, warehouse = checked_ids(user_ids), run.warehouse
    told = [user_id for user_id in ids if is_told_in_text(user_id)]
    key = known_key(run.settings, read_state(warehouse)) or Key(secrets.token_bytes(KEY_BYTES))
    planned, people = Erased(len(ids), len(ids) - len(told)), given_people(key, ids)
    planned.days = days_with(warehouse, people)
    planned.quarantined, _ = held_of(warehouse, people)
    planned.landed.drops = sum(1 for _ in store.list())
    planned.aggregates_only = _expired_days(run)
    return planned


def erase(run: Run, store: LandingStore, user_ids: Sequence[str]) -> tuple[Erased, Path]:
    """Take people out of raw, rollups, quarantine, ledger, landed drops and the other files of the home. Returns what was done, and the
    file of the certificate.

    From the first moment on their lines are left out of every ingest and reload. Run again, also after it was killed: it goes on, and
    what is done already stays.

    Raises:
        UsageError: an id that no event can have.
        AdsError: days of raw lack rows, so that they cannot be rebuilt.
    """
    warehouse, settings, started = run.warehouse, run.settings, datetime.now(UTC)
    ids = checked_ids(user_ids)
    told = [user_id for user_id in ids if is_told_in_text(user_id)]
    pattern, done = pattern_of(told), Erased(len(ids), len(ids) - len(told))
    facts = read_state(warehouse)
    key = made_key(settings, facts)
    people = listed_people(key, settings.database)
    goes_on = bool(facts.get(UNFINISHED))
    write_state(warehouse, **{UNFINISHED: "1"})
    note_people(warehouse, key, ids)
    enforce_retention(warehouse, settings)
    _erase_raw(run, people, done)
    done.quarantined, rows = held_of(warehouse, people)
    done.landed = clear_drops(run, store, pattern, rewrite=settings.erase_landed == "rewrite")
    if found := goes_on or bool(done.days or rows or done.landed.found):
        loaded = [row["drop"] for row in read_ledger(warehouse, status="loaded")]
        load_again(run, store, loaded)
    clear_quarantine(warehouse, people)
    clear_corrections(warehouse, people)
    done.history = clear_totals(warehouse, run.rollups, people, ids)
    clear_errors(warehouse, pattern)
    _clear_home(run, pattern, done)
    done.aggregates_only = _expired_days(run)
    done.remaining += _rows_left(run, people)
    last = datetime.now(UTC).isoformat() if found or done.history else facts.get(LAST, "")
    done.remaining += _older_backups(settings, last)
    write_state(warehouse, **{UNFINISHED: "", LAST: last})
    return done, _certify(settings, done, [key.hash(user_id) for user_id in ids], started, pattern)


def _erase_raw(run: Run, people: People, done: Erased) -> None:
    warehouse = run.warehouse
    done.days = days_with(warehouse, people)
    if not done.days:
        return
    if lacking := lacking_days(warehouse, done.days):
        raise AdsError(f"refused: {lack_text(list(lacking.values()))}; nothing was erased yet. {lack_remedy(list(lacking.values()))}")
    if lost := lost_days(open_notes(warehouse)) & done.days.keys():
        raise AdsError(f"refused: raw rows of {span(lost)} have been lost; nothing was erased yet. `ads ingest` loads their drops again")
    erase_days(warehouse, run.settings, people, done.days)
    run.recover()


def _clear_home(run: Run, pattern: Pattern | None, done: Erased) -> None:
    home, settings = run.settings.home.absolute(), run.settings
    for left in (*settings.work.glob("batch-*"), *settings.work.glob("erase-*")):
        shutil.rmtree(left, ignore_errors=True)
    for table, (parts, detached) in remove_unused(run.warehouse, run.rollups).items():
        if parts:
            done.remaining.append(f"table {table}: {parts} parts that are not used any more are still being read; run it again")
        if detached:
            done.remaining.append(
                f"table {table}: {detached} detached parts, which are not looked into; drop them, or attach them and run it again"
            )
    if pattern:
        engine = embedded_folder(settings.dsn) if settings.is_embedded else home / "clickhouse"
        spool, backups = home / "spool", home / "backups"
        landing = Path(unquote(urlsplit(settings.landing).path)) if settings.landing.startswith("file://") else Path(settings.landing)
        waiting = (*spool.glob("*.open"), *spool.glob("*.closed")) if spool.is_dir() else ()
        done.masked = mask_files(home, (engine, backups, landing.absolute(), key_file(settings), *waiting), pattern)
        done.remaining += find_in_files(home, (engine, backups), pattern)


def _older_backups(settings: Settings, last: str) -> list[str]:
    """Backups in this home that were made before the last erasure which found something."""
    made = {path: datetime.fromtimestamp(path.stat().st_ctime, UTC) for path in sorted((settings.home.absolute() / "backups").glob("*"))}
    text = "made before people were erased: delete it, and back up anew"
    return [f"backups/{path.name}: {text}" for path, moment in made.items() if last and moment.isoformat() < last]


def _expired_days(run: Run) -> dict[str, list[date]]:
    """By rollup, its days whose raw rows are not kept any more."""
    expired = {"first": EARLIEST_DAY, "last": kept_from(run.warehouse, run.settings) - timedelta(days=1)}
    sql = {rollup.name: statement("queries/days_of", table=rollup.table) for rollup in run.rollups}
    found = {name: run.warehouse.column(text, **expired) for name, text in sql.items()}
    return {name: days for name, days in found.items() if days}


def _rows_left(run: Run, people: People) -> Iterator[str]:
    """What rollups by user hold of days that cannot be rebuilt any more."""
    before, warehouse = kept_from(run.warehouse, run.settings), run.warehouse
    for rollup in (rollup for rollup in run.rollups if "user_id" in rollup.dimensions):
        left = statement("erase/rows_left", table=rollup.table, people=people.sql)
        if rows := warehouse.value(left, before=before, **people.parameters):
            yield f"rollup {rollup.name}: {rows} rows of days past retention have their ids; `ads rollup drop {rollup.name}` drops it"


def _certify(settings: Settings, done: Erased, hashes: Sequence[str], started: datetime, pattern: Pattern | None) -> Path:
    """Write the certificate, which names people by their hashes only, and return its file."""
    folder = settings.home.absolute() / "erasures"
    make_folder(folder)
    ended = datetime.now(UTC)
    certificate = {
        "erasure": uuid.uuid4().hex[:12],
        "by": f"{getpass.getuser()}@{platform.node()}",
        "release": __version__,
        "started": started.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        "database": settings.database,
        "landing": settings.landing,
        "complete": not (done.remaining or done.landed.listed),
        "people_hashes": list(hashes),
        **done.as_dict(),
    }
    path = folder / f"{ended:%Y%m%dT%H%M%SZ}-{certificate['erasure']}.json"
    text = msgspec.json.format(msgspec.json.encode(certificate), indent=2) + b"\n"
    path.write_bytes(masked(text, pattern) if pattern else text)  # the errors of drops quote them
    sync(path)
    sync(folder)
    return path
