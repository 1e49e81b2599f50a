"""Checks of the data: one SELECT a file, run in the same way by Dagster and `ads check`.

A file under `sql/checks/events/` is a check of the raw side, one under `sql/checks/rollup/` is a check of every
rollup. It returns one row: `observed`, the count or share of violations, and `sample`, a few of them as texts. Its
heading has the rule that is checked (first line), `severity: error` or `warning`, and optionally `remedy:` with what to do,
`passes: x`, the highest `observed` that passes (default 0), `reads: the ledger` (it costs little: the service runs it by itself),
`runs: by shard`: then it runs on each shard of a cluster, and the results are added up (`runs: by shard and days`: so many event days at a
time, too, as if these had changed: its memory does not grow with the history), and `when: daily`: then a run of `ingest`
leaves it out. It may use the parameters `{kept_from:Date}`, `{retention_days:UInt32}` and `{fresh_within:UInt64}` (seconds), and the
parts `{{ table }}`, `{{ select }}`, `{{ columns }}`, `{{ merged }}` of its rollup and `{{ database }}`.

A check that looks at less where only what has changed is to be checked asks `{% if changed %}`, and there may use the parameters
`{days:Array(Date)}`, the event days that have changed, and `{since:DateTime64(3, 'UTC')}`; any other looks at everything each time.

A check that needs more than the engine is a function in place of a SELECT, which returns the same row: `drops_waiting`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from ads_pipeline.days import utc_now
from ads_pipeline.errors import SettingsError, UsageError
from ads_pipeline.pipeline.grouping import in_groups
from ads_pipeline.pipeline.outcomes import Outcome, note_outcome, read_outcomes
from ads_pipeline.pipeline.rebuild import TOGETHER_ROWS
from ads_pipeline.pipeline.retention import kept_from
from ads_pipeline.pipeline.rollups import Rollup, find_rollup, rollup_names
from ads_pipeline.pipeline.standing import trouble_of
from ads_pipeline.pipeline.touched import Changes
from ads_pipeline.pipeline.waiting import DESCRIPTION, REMEDY, count_waiting
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Name, Names, Part, Sql, collection, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

Severity = Literal["error", "warning"]

DAYS_AT_ONCE = 400
"""Event days that one statement looks at."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check of one asset. `name` is that of its file, `passes` the highest `observed` that passes.

    `by_shard`, `by_days`: whether it runs on each shard of a cluster, and for some days at a time; `remedy`: what to do when it fails;
    `daily`: whether it is too dear for each ingest; `cheap`: whether it reads the ledger only.
    """

    name: str
    asset: str
    severity: Severity
    description: str
    passes: float
    by_shard: bool
    sql: Sql | Callable[[Warehouse, Settings, Changes | None], dict[str, Any]]
    remedy: str = ""
    daily: bool = False
    cheap: bool = False
    by_days: bool = False

    @property
    def full_name(self) -> str:
        """`asset.name`, which is unique."""
        return f"{self.asset}.{self.name}"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check."""

    check: str
    asset: str
    severity: Severity
    passed: bool
    observed: float
    sample: list[str]


def all_checks(settings: Settings) -> list[Check]:
    """Every check of every asset; opens no engine."""
    found = [_check(name, "events", sql) for name, sql in collection("checks/events", settings.sql_dir).items()]
    found.append(Check("drops_waiting", "events", "error", DESCRIPTION, 0, False, count_waiting, REMEDY))
    for rollup in rollup_names(settings):
        found += [_check(name, rollup, sql) for name, sql in collection("checks/rollup", settings.sql_dir).items()]
    return found


def _check(name: str, asset: str, sql: Sql) -> Check:
    heading = sql.heading
    severity = re.search(r"^severity: (error|warning)$", heading, re.MULTILINE)
    if not severity:
        raise SettingsError(f"check {name} has no severity: add `-- severity: error` or `-- severity: warning` to its heading")
    known = ("database", "changed") if asset == "events" else ("database", "changed", "table", "columns", "merged", "select")
    if unknown := sorted(sql.wants - set(known)):
        raise SettingsError(f"check {name}: unknown part {unknown[0]!r}; supported: {', '.join(known)}")
    passes = re.search(r"^passes: ([0-9.]+)$", heading, re.MULTILINE)
    kind: Severity = "error" if severity[1] == "error" else "warning"
    runs = re.search(r"^runs: by shard( and days)?$", heading, re.MULTILINE)
    daily = re.search(r"^when: daily$", heading, re.MULTILINE) is not None
    remedy = re.search(r"^remedy: (.+)$", heading, re.MULTILINE)
    cheap = re.search(r"^reads: the ledger$", heading, re.MULTILINE) is not None
    highest = float(passes[1]) if passes else 0.0
    told, by_days = remedy[1] if remedy else "", bool(runs and runs[1])
    return Check(name, asset, kind, heading.splitlines()[0], highest, bool(runs), sql, told, daily, cheap, by_days)


def choose_checks(settings: Settings, names: tuple[str, ...]) -> list[Check]:
    """The checks of these names (`name`, `asset.name` or `asset`), or all when there are none.

    Raises:
        UsageError: a name that no check has.
    """
    checks = all_checks(settings)
    for name in names:
        if not any(name in (check.name, check.full_name, check.asset) for check in checks):
            raise UsageError(f"unknown check {name!r}; there are: {', '.join(check.full_name for check in checks)}")
    return [check for check in checks if not names or {check.name, check.full_name, check.asset} & set(names)]


def run_check(warehouse: Warehouse, settings: Settings, check: Check, changes: Changes | None = None) -> CheckResult:
    """Run a check on the database as it is, and keep what it found. Checks of a rollup that is set apart, not created or unfinished fail.

    Args:
        changes: look only at what has changed; by default at everything.

    Raises:
        EngineError: the check could not run, which says nothing about the data.
    """
    found = try_check(warehouse, settings, check, changes)
    if changes is None or not found.passed:  # a part that is well does not say that the whole is
        note_outcome(settings, check.name, check.asset, check.severity, passed=found.passed, observed=found.observed)
    return found


def known_outcomes(warehouse: Warehouse, settings: Settings) -> list[tuple[Check, Outcome]]:
    """What is known of each check: those of the ledger run now, and it is not kept; of others it is what they found last here."""
    outcomes, found = {one.full_name: one for one in read_outcomes(settings)}, list[tuple[Check, Outcome]]()
    for check in all_checks(settings):
        if check.cheap:
            now = try_check(warehouse, settings, check)
            found.append((check, Outcome(check.name, check.asset, check.severity, now.passed, now.observed, utc_now())))
        elif outcome := outcomes.get(check.full_name):
            found.append((check, outcome))
    return found


def try_check(warehouse: Warehouse, settings: Settings, check: Check, changes: Changes | None = None) -> CheckResult:
    """Run a check as `run_check` does, without keeping what it found."""
    if check.asset != "events" and (trouble := trouble_of(warehouse, settings, check.asset)):
        return CheckResult(check.name, check.asset, check.severity, False, 1.0, [trouble])
    with warehouse.tagged(asset=check.asset, check=check.name):
        if isinstance(check.sql, Sql):
            rows = _looked_at(warehouse, settings, check, check.sql, changes)
        else:
            rows = [check.sql(warehouse, settings, changes)]
    observed = float(sum(row["observed"] for row in rows))
    sample = [str(item) for row in rows for item in row["sample"]][:5]
    return CheckResult(check.name, check.asset, check.severity, observed <= check.passes, observed, sample)


def _looked_at(warehouse: Warehouse, settings: Settings, check: Check, sql: Sql, changes: Changes | None) -> list[dict[str, Any]]:
    """The rows that a SELECT returns: one for each shard and group of days, or one for the whole."""
    rollup = find_rollup(warehouse, settings, check.asset) if check.asset != "events" else None
    parameters = _parameters(warehouse, settings, sql, changes)

    def look(place: Warehouse) -> list[dict[str, Any]]:
        filled = sql.fill(**_parts(place, sql, rollup, changed=check.by_days or changes is not None))
        if not check.by_days:
            return place.rows(filled, **parameters)
        groups = _day_groups(place, rollup, changes)
        return [row for days in groups for row in place.rows(filled, **parameters | {"days": days})]

    return [row for rows in on_shards(warehouse, look) for row in rows] if check.by_shard else look(warehouse)


def _day_groups(place: Warehouse, rollup: Rollup | None, changes: Changes | None) -> Iterator[list[date]]:
    """The event days of raw and the rollup, or those of them that have changed, in groups that are looked at together."""
    tables = ["events", *([rollup.table.text] if rollup else [])]
    rows = {row["event_date"]: int(row["most"]) for row in place.rows(statement("queries/rows_of_tables"), tables=tables)}
    chosen = [day for day in rows if changes is None or day in changes.days]
    return in_groups(chosen, lambda day: rows[day], TOGETHER_ROWS, DAYS_AT_ONCE)


def _parts(place: Warehouse, sql: Sql, rollup: Rollup | None, *, changed: bool) -> dict[str, Part]:
    parts: dict[str, Part] = {"database": Name(place.connection.database), "changed": changed}
    if rollup:
        merged = tuple(rollup.merged(metric) for metric in rollup.metrics)
        parts |= {"table": rollup.table, "select": rollup.select, "columns": Names(rollup.dimensions), "merged": merged}
    return {name: part for name, part in parts.items() if name in sql.wants}


def _parameters(warehouse: Warehouse, settings: Settings, sql: Sql, changes: Changes | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "kept_from": kept_from(warehouse, settings),
        "retention_days": settings.retention_days,
        "fresh_within": int(settings.fresh_within.total_seconds()),
    }
    values |= {"days": list(changes.days), "since": changes.since} if changes else {}
    return {name: value for name, value in values.items() if f"{{{name}:" in sql.text}
