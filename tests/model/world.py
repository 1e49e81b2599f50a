"""A real home beside the model: steps are done to both, and everything that can be asked is compared after each."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ads_pipeline.errors import RetentionError, UsageError
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline import attaching
from ads_pipeline.pipeline import steps as batch_steps
from ads_pipeline.pipeline.backfill import backfill, plan_backfill
from ads_pipeline.pipeline.forget import forget
from ads_pipeline.pipeline.ingest import ingest, reload
from ads_pipeline.pipeline.ledger import dismiss, retry
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.quarantine import Selection, discard, replay
from ads_pipeline.pipeline.retention import enforce_retention
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse
from tests.model.model import FIELDS, Identity, Landed, Model

STOPPED = str(Path(__file__).with_name("stopped.py"))

ALT = """-- ids: events
SELECT *, map({campaign}
    'event_id', fields['event_id'], 'event_time', fields['event_time'], 'event_type', fields['event_type'], 'cost', fields['cost'],
    'quantity', fields['quantity'],
    'publisher_id', fields['publisher_id'], 'user_id', fields['user_id']) AS event
FROM lines"""
PLAIN = ALT.replace("{campaign}", "'campaign_id', fields['campaign_id'],")
MAPPED = ALT.replace("{campaign}", "'campaign_id', if(fields['c'] = '', fields['campaign_id'], fields['c']),")

OUTSIDE = {"land", "delete", "clock", "source"}
"""Verbs that leave the database alone."""

LOSSES = {
    "drop": ["ALTER TABLE {table} DROP PARTITION '{day}'"],
    "delete": ["ALTER TABLE {table} DELETE WHERE event_date = '{day}' AND {some}"],
    "lightweight": ["DELETE FROM {table} WHERE event_date = '{day}' AND {some}"],
    "detach": ["ALTER TABLE {table} DETACH PART '{part}'"],
    "merge": ["OPTIMIZE TABLE {table} PARTITION '{day}' FINAL"],
    "truncate": ["TRUNCATE TABLE {table}"],
}

NEWEST_PART = """SELECT name FROM system.parts WHERE database = currentDatabase() AND table = '{table}' AND active AND partition = '{day}'
ORDER BY max_block_number DESC LIMIT 1"""


@dataclass(frozen=True)
class Step:
    """One thing that happens, in full: a list of them can be done again in another home, whole or with some left out."""

    verb: str
    arguments: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Step({self.verb!r}, {self.arguments!r})"


@dataclass
class World:
    """A home and its model. Use it as a context manager; `now` of every warehouse is the model's."""

    home: Path
    model: Model
    warehouse: Warehouse | None = None
    written: int = 0

    def __enter__(self) -> "World":
        self._environment = dict(os.environ)
        self._engine_now, self._large, model = Warehouse.now, attaching.LARGE, self.model
        attaching.LARGE = model.large
        Warehouse.now = lambda self: model.now  # type: ignore[method-assign]
        (self.home / "landing").mkdir(parents=True, exist_ok=True)
        (self.home / "sql" / "sources").mkdir(parents=True, exist_ok=True)
        self.source(mapped=False)
        self._open()
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()
        Warehouse.now = self._engine_now  # type: ignore[method-assign]
        attaching.LARGE = self._large
        os.environ.clear()
        os.environ.update(self._environment)

    def _settings(self) -> dict[str, str]:
        model = self.model
        named = {"retention_days": model.retention, "timezone": model.zone, "batch_drops": model.batch_drops, "sql_dir": self.home / "sql"}
        return {f"ADS_{name.upper()}": str(value) for name, value in named.items()}

    def _open(self) -> Warehouse:
        os.environ.update(self._settings())
        self.settings = load_settings(home=self.home)
        self.warehouse = open_warehouse(self.settings, write=True)
        self.landing = open_store(self.settings)
        return self.warehouse

    def _close(self) -> None:
        if self.warehouse:
            self.warehouse.close()
        self.warehouse = None

    @property
    def opened(self) -> Warehouse:
        return self.warehouse or self._open()

    def ask(self, sql: str) -> list[dict[str, Any]]:
        return self.opened.rows(Sql(sql))

    # --- steps

    def do(self, step: Step) -> None:
        """Do a step to both, and compare. A step that has nothing to be done to (its drop was left out) does nothing."""
        getattr(self, step.verb)(**step.arguments)
        if step.verb not in OUTSIDE:
            self.compare()

    def land(self, name: str, lines: Sequence[str], at: str, form: str = "good") -> None:
        """Write a drop, over the one of this name if there is one."""
        path, moment = self.home / "landing" / name, datetime.fromisoformat(at)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{line}\n" for line in lines).encode()
        body = gzip.compress(text)[:-9] if form == "torn" else gzip.compress(text) if name.endswith(".gz") else text
        temporary = path.with_name(f".{path.name}.{self.written}")
        temporary.write_bytes(body)
        nanoseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
        os.utime(temporary, ns=(nanoseconds, nanoseconds))
        temporary.replace(path)
        self.written += 1
        self.model.store[name] = Landed(tuple(lines), moment, self.written, readable=form != "torn")

    def delete(self, name: str) -> None:
        if self.model.store.pop(name, None):
            (self.home / "landing" / name).unlink()

    def source(self, mapped: bool) -> None:
        """Write the source `alt` in one of its two versions."""
        (self.home / "sql" / "sources" / "alt.sql").write_text(MAPPED if mapped else PLAIN)
        (self.home / "sql" / "sources" / "own.sql").write_text("SELECT *, fields AS event FROM lines")
        self.model.mapped = mapped

    def clock(self, seconds: int) -> None:
        self.model.now += timedelta(seconds=seconds)

    def ingest(self, limit: int | None = None) -> None:
        self._loading(lambda: ingest(begin_run(self.opened, self.settings), self.landing, limit=limit), limit=limit or 0)

    def reload(self, first: str, last: str) -> None:
        days = date.fromisoformat(first), date.fromisoformat(last)
        self._loading(lambda: reload(begin_run(self.opened, self.settings), self.landing, *days), *days)

    def midnight(self, seconds: int) -> None:
        """The clock goes on while an ingest is between two batches."""
        self._loading(lambda: self._with_clock(seconds), moved=True)

    def _with_clock(self, seconds: int) -> None:
        model, steps = self.model, batch_steps.STEPS
        moved: list[bool] = []

        def move_clock(batch: Any) -> None:
            if not moved:
                moved.append(True)
                model.now += timedelta(seconds=seconds)

        batch_steps.STEPS = (steps[0], move_clock, *steps[1:])
        try:
            ingest(begin_run(self.opened, self.settings), self.landing)
        finally:
            batch_steps.STEPS = steps

    def pair(self) -> None:
        """Two processes ingest at once."""

        def both() -> None:
            self._close()
            runs = [self._start("-1", "ingest", []) for _ in range(2)]
            for run in runs:
                _, errors = run.communicate(timeout=240)
                assert run.returncode == 0, errors

        self._loading(both)

    def killed(self, verb: str, place: int, arguments: Sequence[str]) -> None:
        """A run is killed before a statement; the next ingest leaves nothing unsettled, and the run again ends as if it had lived."""
        if verb == "forget" and not self._may_forget(arguments):
            return
        days = tuple(map(date.fromisoformat, arguments)) if verb == "reload" else (None, date.max)

        def run() -> None:
            self._close()
            process = self._start(str(place), verb, arguments)
            _, errors = process.communicate(timeout=240)
            assert process.returncode in (0, -9) or "refused" in errors, errors
            ingest(begin_run(self.opened, self.settings), self.landing)

        if verb == "forget":
            self.model.prepare()
            self._forgetting(arguments, run)
            return
        known = set(self.model.origin)
        self._loading(run, extra=set(self.model.waiting(*days)), opened=True, replayed=verb == "replay")
        if verb == "replay":
            self._compare_checks()
            self.replay(arguments)
            self.model.open_origin |= self.model.origin.keys() - known
        elif verb == "retention":
            self.retention()

    def _start(self, place: str, verb: str, arguments: Sequence[str]) -> "subprocess.Popen[str]":
        command = [sys.executable, STOPPED, str(self.home), self.model.now.isoformat(), place, verb, json.dumps(list(arguments))]
        variables = os.environ | self._settings() | {"ADS_TEST_LARGE": str(self.model.large)}
        return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def lose(self, table: str, how: str, day: str, some: str = "1") -> None:
        """Rows leave a table by hand; the next ingest heals what lies in the landing store as it was loaded."""
        model = self.model
        if date.fromisoformat(day) not in model.healable_days():
            return
        for shard in self.opened.shards:
            parts = shard.rows(Sql(NEWEST_PART.format(table=table, day=day)))
            for sql in LOSSES[how]:
                if parts:
                    shard.run(Sql(sql.format(table=table, day=day, some=some, part=parts[0]["name"])))
        if table == "events" and how != "merge":
            model.open_origin |= {identity for identity in model.said if str(identity[0]) == day}
        self._loading(lambda: ingest(begin_run(self.opened, self.settings), self.landing), extra=set(model.store), opened=True)

    def _loading(
        self,
        run: Callable[[], Any],
        first: date | None = None,
        last: date = date.max,
        limit: int = 0,
        extra: set[str] | None = None,
        opened: bool = False,
        moved: bool = False,
        replayed: bool = False,
    ) -> None:
        """A run that loads drops. Which it loads has to be what waits; which it loads besides (`extra` at most) is asked of the ledger."""
        model, before, begun = self.model, self._batches(), self.model.now
        model.prepare()
        begin_run(self.opened, self.settings)
        due = model.waiting(first, last, limit)
        model.vanish(first, last)
        run()
        after = self._batches()
        loaded = set(due) if replayed else _loaded(before, after)
        assert loaded >= set(due), f"not loaded: {set(due) - loaded}"
        assert loaded - set(due) <= (extra or set()), f"loaded without a reason: {loaded - set(due) - (extra or set())}"
        known, ended = set(model.origin), model.now
        model.now = begun  # places follow the clock of the listing; bounds that of the batch, and the ledger has the oldest day kept
        for group in (model.ordered(loaded - set(due)), due):
            for batch in model.batches(group):
                model.load(batch, {name: after[name][2] for name in batch} if moved or opened else None)
                model.judging = ended
        model.now, model.judging = ended, None
        if opened:
            model.open_origin |= model.origin.keys() - known

    def _batches(self) -> dict[str, tuple[str, str, date]]:
        if not self.ask("SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'drops'"):
            return {}
        return {r["drop"]: (r["status"], r["batch"], r["first_day"]) for r in self.ask("SELECT * FROM drops FINAL")}

    def backfill(self, first: str, last: str) -> None:
        model, days = self.model, (date.fromisoformat(first), date.fromisoformat(last))
        self._prepare()
        expired = any(days[0] <= day <= days[1] and day < model.kept_from() for day, _ in model.said)
        refused = False
        try:
            run = begin_run(self.opened, self.settings)
            backfill(run, plan_backfill(run, run.rollups, *days))
        except RetentionError:
            refused = True
        assert refused == expired, f"backfill {'refused' if refused else 'not refused'}"

    def _prepare(self) -> None:
        begin_run(self.opened, self.settings)
        self.model.prepare()

    def retention(self) -> None:
        self._prepare()
        enforce_retention(self.opened, self.settings)
        self.model.enforce()

    def setting(self, days: int, init: bool) -> None:
        """Another ADS_RETENTION_DAYS: a longer one is applied by any run, a shorter one by `ads init`."""
        longer = days == 0 or 0 < self.model.retention <= days
        self.model.change_retention(days)
        self._close()
        if init or not longer:
            apply_changes(self.opened, self.settings)
            self.model.prepare()
        else:
            self._prepare()

    def replay(self, drops: Sequence[str] = ()) -> None:
        self._prepare()
        replay(begin_run(self.opened, self.settings), Selection(drops=tuple(drops)))
        self.model.replay(drops)

    def discard(self, drops: Sequence[str] = ()) -> None:
        self._prepare()
        discard(self.opened, Selection(drops=tuple(drops)))
        self.model.discard(drops)

    def retry(self) -> None:
        self._prepare()
        retry(self.opened, ())
        self.model.end_failed("pending")

    def dismiss(self) -> None:
        self._prepare()
        dismiss(self.opened, ())
        self.model.end_failed("dismissed")

    def forget(self, names: Sequence[str]) -> None:
        if self._may_forget(names):
            self._prepare()
            self._forgetting(names, lambda: forget(begin_run(self.opened, self.settings), self.landing, list(names)))

    def _may_forget(self, names: Sequence[str]) -> bool:
        """Whether what is left is told by the drops that are there: a drop that shares an event and says it no more leaves that open."""
        model = self.model
        if not set(names) <= model.ledger.keys():
            return False
        shared = {other for said in model.said.values() if said.keys() & set(names) for other in said.keys() - set(names)}
        return all(other not in model.store or model.is_whole(other) for other in shared)

    def _forgetting(self, names: Sequence[str], run: Callable[[], Any]) -> None:
        model, kept = self.model, self.model.kept_from()
        due = {name for name in names if model.ledger[name].status != "forgotten"}
        matters = {day for (day, _), said in model.said.items() if said.keys() & due and day < kept}
        brought = {day for (day, id_), name in model.origin.items() if name in due and day < kept}
        lost = [name for name, entry in model.ledger.items() if name not in model.store or model.store[name].etag != entry.etag]
        before, refused = self._batches(), ""
        try:
            run()
        except (RetentionError, UsageError) as error:
            refused = str(error)
        after = self._batches()
        if refused or not all(after[name][0] == "forgotten" for name in due):
            assert matters or lost or not refused, f"refused without a reason: {refused}"
            done = {name for name in due if after[name][0] == "forgotten"}
            assert not done, f"half forgotten: {done}"
        else:
            assert not brought, f"forgotten, though {brought} are of expired days"
            model.forget(names)
        loaded = _loaded(before, after)
        for batch in model.batches(model.ordered(loaded)):
            model.load(batch)

    # --- what is there

    def compare(self) -> None:
        """Raw, rollups, distinct users, ledger, counts by day, quarantine and checks are what the model says."""
        if not self.ask("SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'publisher_daily_report'"):
            return
        model = self.model
        raw = self.ask("SELECT * FROM events FINAL")
        model.settle({_identity(r): r["origin"] for r in raw})
        same("raw", {_identity(r): (*(r[name] for name in FIELDS), r["origin"]) for r in raw}, model.raw())
        for rollup, dimensions in (
            ("campaign_daily", ("campaign_id", "ad_id")),
            ("publisher_daily", ("publisher_id", "country", "device")),
        ):
            found = {
                (r["event_date"], *(r[name] for name in dimensions)): tuple(
                    r[name] for name in ("impressions", "clicks", "conversions", "cost", "users")
                )
                for r in self.ask(f"SELECT * FROM {rollup}_report")
            }
            same(rollup, found, model.rollup(*dimensions))
        same(
            "ledger",
            {r["drop"]: _ledger_row(r) for r in self.ask("SELECT * FROM drops FINAL")},
            {name: _entry_row(e) for name, e in model.ledger.items()},
        )
        days = self.ask("SELECT drop, event_date, accepted FROM drop_days FINAL WHERE accepted > 0")
        same("drop_days", {(r["drop"], r["event_date"]): r["accepted"] for r in days}, model.drop_days())
        lines = self.ask("SELECT * FROM quarantine FINAL WHERE state != 'released'")
        held = {(r["drop"], r["line_number"]): (",".join(r["reasons"]), r["line"], False) for r in lines if r["state"] == "held"}
        held |= {(r["drop"], r["line_number"]): True for r in lines if r["state"] == "discarded"}
        wanted = {key: True if line.discarded else (line.reason, line.text, False) for key, line in model.quarantine.items()}
        same("quarantine", held, wanted)
        self._compare_checks()

    def _compare_checks(self) -> None:
        model = self.model
        red = {"no_failed_drop"} if any(entry.status == "failed" for entry in model.ledger.values()) else set()
        late = model.kept_from() - timedelta(days=1)
        red |= {"retention"} if any(day < late for day, _ in model.raw()) else set()
        # how long a drop has waited is for tests/engine/test_late.py to compare: steps move the clock by days
        checks = [check for check in all_checks(self.settings) if check.severity == "error" and check.name != "drops_waiting"]
        results = [run_check(self.opened, self.settings, check) for check in checks]
        same(
            "checks",
            {f"{r.asset}.{r.check}": r.sample for r in results if not r.passed}.keys(),
            {f"events.{name}" for name in red},
            results,
        )


def _loaded(before: dict[str, tuple[str, str, date]], after: dict[str, tuple[str, str, date]]) -> set[str]:
    """The drops that a batch has loaded meanwhile."""
    ended = {name for name, (status, batch, _) in after.items() if status in ("loaded", "failed") and batch}
    return {name for name in ended if before.get(name, ("", ""))[1] != after[name][1]}


def _identity(row: dict[str, Any]) -> Identity:
    return row["event_date"], (row["ids"], row["event_type"], row["event_id"])


def _ledger_row(row: dict[str, Any]) -> tuple[Any, ...]:
    repeated = row["duplicates"] + row["corrections"]
    return row["status"], row["landed_day"], row["landed_at"], row["lines"], row["accepted"], row["quarantined"], repeated


def _entry_row(entry: Any) -> tuple[Any, ...]:
    repeated = entry.lines - entry.accepted - entry.quarantined
    return entry.status, entry.place[0], entry.place[1], entry.lines, entry.accepted, entry.quarantined, repeated


class Difference(AssertionError):
    """What is there is not what the model says."""


def same(what: str, found: Any, wanted: Any, told: Any = ()) -> None:
    """Compare, and say only what differs."""
    if found == wanted:
        return
    if isinstance(found, dict):
        keys = [key for key in {**found, **wanted} if found.get(key) != wanted.get(key)]
        told = "\n".join(f"  {key}: found {found.get(key)}\n      wanted {wanted.get(key)}" for key in keys[:6])
        raise Difference(f"{what} differs in {len(keys)}:\n{told}")
    raise Difference(f"{what}: found {sorted(found)}, wanted {sorted(wanted)}: {[result for result in told if not result.passed]}")
