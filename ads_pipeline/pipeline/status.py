"""`ads status` and `ads doctor`: the state of the database, and an examination of its environment."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ads_pipeline.days import utc_now
from ads_pipeline.errors import AdsError
from ads_pipeline.landing import FolderStore, open_store
from ads_pipeline.pipeline.availability import read_availability
from ads_pipeline.pipeline.changes import plan_changes
from ads_pipeline.pipeline.inventory import take_inventory
from ads_pipeline.pipeline.outcomes import read_outcomes
from ads_pipeline.pipeline.quality import known_outcomes
from ads_pipeline.pipeline.retention import overdue_days, retention_of
from ads_pipeline.pipeline.standing import look_at_rollups, orphans
from ads_pipeline.pipeline.waiting import read_waiting
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.warehouse import Warehouse

MOST_DRIFT = 60
"""Seconds that the engine's clock may differ from this machine's."""

TABLE_SETTINGS = {
    "allow_remote_fs_zero_copy_replication": (0, "parts that replicas share may be lost with a partition that is replaced: set it to 0"),
}
"""Table settings that the pipeline does not set itself: the value they need, and why."""

LEAST_SPACE = 1 << 30
"""Bytes that should be free under `ADS_HOME`."""


KEPT = ("kept", "report", "old")
"""States of a rollup whose numbers are right."""

# state of a rollup → as `ads rollup list` shows it
STATES = dict.fromkeys(KEPT, "kept") | {
    "new": "not made yet",
    "unfinished": "half done",
    "changed": "changed",
    "apart": "set apart",
    "refused": "set apart",
    "left": "left over",
    "unknown": "not kept",
}


def read_status(warehouse: Warehouse, settings: Settings) -> dict[str, Any]:
    """Freshness, drops by status and those that wait, what checks found last, table sizes, oldest and newest day, and overdue days."""
    facts = warehouse.rows(statement("queries/status"))[0]
    sizes = _table_sizes(warehouse)
    drops = warehouse.rows(statement("queries/drops_by_status"))
    held = any(row["table"] == "events" for row in sizes)
    loaded = any(row["status"] == "loaded" for row in drops)
    return {
        "last_loaded": facts["last_loaded"] if loaded else None,
        "newest_drop": facts["newest_drop"] if loaded else None,
        "oldest_day": facts["oldest_day"] if held else None,
        "newest_day": facts["newest_day"] if held else None,
        "quarantined": facts["quarantined"],
        "unsettled_days": facts["unsettled_days"],
        "doubtful_days": read_availability(warehouse, []).left_out,
        "overdue_retention": overdue_days(warehouse, settings),
        "waiting": read_waiting(warehouse, settings),
        "failing_checks": [one.full_name for one in read_outcomes(settings) if not one.passed],
        "drops": drops,
        "tables": sizes,
    }


def read_freshness(warehouse: Warehouse) -> dict[str, Any] | None:
    """When a drop was loaded last, failed drops, and the share refused; None for a user who may read rollups only, or of no database."""
    if not warehouse.has_table("drops"):
        return None
    return warehouse.rows(statement("queries/freshness"))[0]


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of a metric; `label` and what it is `named` are empty for a metric without."""

    metric: str
    label: str
    named: str
    value: float


def read_metrics(warehouse: Warehouse, settings: Settings) -> list[Measured]:
    """Drops and records by outcome, lag and seconds of loading, unsettled days, what checks found; nothing of no database."""
    if not warehouse.has_table("drops"):
        return []
    found = [Measured(**row) for row in warehouse.rows(statement("queries/metrics"))]
    for check, one in known_outcomes(warehouse, settings):
        found.append(Measured("ads_pipeline_check_passed", "check", check.full_name, float(one.passed)))
        found.append(Measured("ads_pipeline_check_timestamp_seconds", "check", check.full_name, one.at.timestamp()))
    return found


def _table_sizes(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Rows, bytes, parts and partitions of each table, the largest first; those of the shards added up."""
    sizes: dict[str, dict[str, Any]] = {}
    for place in dict.fromkeys((*warehouse.shards, warehouse)):
        for row in place.rows(statement("queries/table_sizes")):
            held = sizes.setdefault(row["table"], {"table": row["table"], "rows": 0, "bytes": 0, "parts": 0, "partitions": 0})
            for what in ("rows", "bytes", "parts"):
                held[what] += row[what]
            held["partitions"] = max(held["partitions"], row["partitions"])
    return sorted(sizes.values(), key=lambda row: (-row["bytes"], row["table"]))


def list_rollups(warehouse: Warehouse, settings: Settings) -> list[dict[str, Any]]:
    """Every rollup, as `ads rollup list` shows it: its state, its first and last day, what is wrong with it."""
    standings = look_at_rollups(warehouse, settings)
    days = read_availability(warehouse, [standing.name for standing in standings]).states
    return [
        {
            "rollup": standing.name,
            "state": STATES[standing.kind] + ("" if standing.has_file else ", no SQL file here"),
            "first_day": days[standing.name].first_day,
            "last_day": days[standing.name].last_day,
            "reason": standing.reason,
        }
        for standing in standings
    ]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one examination."""

    name: str
    ok: bool
    text: str


def examine(warehouse: Warehouse, settings: Settings) -> list[Finding]:
    """Engine, pinned settings, schema, rollups, retention, clock, landing store, disk space; one that fails does not stop the others."""
    examinations: dict[str, Callable[[], tuple[bool, str]]] = {
        "engine": lambda: _engine(warehouse, settings.cluster),
        "settings": lambda: _pinned(warehouse),
        "schema": lambda: _schema(warehouse, settings),
        "rollups": lambda: _rollups(warehouse, settings),
        "retention": lambda: _retention(warehouse, settings),
        "clock": lambda: _clock(warehouse, settings.timezone),
        "landing": lambda: _landing(settings),
        "space": lambda: _space(settings),
    }
    if settings.cluster:
        examinations["nodes"] = lambda: _nodes(warehouse)
    return [_examined(name, examination) for name, examination in examinations.items()]


def _examined(name: str, examination: Callable[[], tuple[bool, str]]) -> Finding:
    try:
        return Finding(name, *examination())
    except AdsError as error:
        return Finding(name, False, str(error))


def _engine(warehouse: Warehouse, cluster: str) -> tuple[bool, str]:
    found, nodes = warehouse.topology.nodes_found
    text = f"{warehouse.connection.name} {warehouse.connection.version}"
    return found == nodes, text if nodes == 1 else f"{text}: {found} of {nodes} nodes of cluster {cluster} answer"


def _pinned(warehouse: Warehouse) -> tuple[bool, str]:
    pins = {name: _rendered(value) for name, value in warehouse.connection.pins.items()}
    found = warehouse.topology.settings_in_force()
    wrong = []
    for row in found:
        wanted = f"must be {pins[row['name']]!r}" if row["is_pinned"] else "may change results"
        if not row["is_pinned"] or _rendered(row["value"]) != pins[row["name"]]:
            wrong.append(f"{_at(row)} is {row['value']!r} and {wanted}: remove it from this user's profile there")
    for row in warehouse.rows(statement("queries/table_settings"), names=list(TABLE_SETTINGS)):
        if _rendered(row["value"]) != _rendered(TABLE_SETTINGS[row["name"]][0]):
            wrong.append(
                f"{row['name']} is {row['value']!r} in <merge_tree> of the server's configuration, where {TABLE_SETTINGS[row['name']][1]}"
            )
    return not wrong, "; ".join(wrong) or f"{len(pins)} settings that correctness rests on are in force"


def _at(row: dict[str, Any]) -> str:
    return f"{row['name']} on {row['node']}" if row["node"] else str(row["name"])


def _rendered(value: Any) -> str:
    """A setting's value as text, whatever the release writes for it: false or 0, 'auto(2)' or auto(2)."""
    text = str(value).strip("'").lower()
    return {"true": "1", "false": "0"}.get(text, text)


def _schema(warehouse: Warehouse, settings: Settings) -> tuple[bool, str]:
    changes = plan_changes(warehouse, settings)
    return not changes, "; ".join(f"`ads init` would {change.text}" for change in changes) or "up to date with settings and SQL files"


def _rollups(warehouse: Warehouse, settings: Settings) -> tuple[bool, str]:
    """Rollups without a SQL file; the schema shows what the others lack."""
    found = orphans(warehouse, settings)
    texts = [f"rollup {name}: {standing.reason}" for name, standing in found.items()]
    return all(standing.kind in KEPT for standing in found.values()), "; ".join(texts) or "each has its SQL file"


def _retention(warehouse: Warehouse, settings: Settings) -> tuple[bool, str]:
    events = take_inventory(warehouse).shards.get("events")
    if not events:
        return False, "table events is missing: run `ads init`"
    days, _ = retention_of(events.definition)
    overdue = overdue_days(warehouse, settings)
    kept = f"{days} days" if days else "for ever"
    text = f"{len(overdue)} days are overdue: run `ads retention`" if overdue else f"{kept} in {settings.timezone}"
    return not overdue, text


def _clock(warehouse: Warehouse, reporting_zone: str) -> tuple[bool, str]:
    drifts, zone = {}, ""
    for name, place in warehouse.topology.clocks.items():
        begun = utc_now()
        row = place.rows(statement("queries/clock"))[0]
        drifts[name] = (row["now"] - begun).total_seconds() - (utc_now() - begun).total_seconds() / 2
        zone = zone or row["timezone"]
    wrong = [
        f"the clock of {name} and this machine's differ by {drift:.1f} s: set both by NTP"
        for name, drift in drifts.items()
        if abs(drift) > MOST_DRIFT
    ]
    most = max(map(abs, drifts.values()))
    text = f"engine and this machine differ by {most:.1f} s; engine zone {zone}, reporting zone {reporting_zone}"
    return not wrong, "; ".join(wrong) or text


def _nodes(warehouse: Warehouse) -> tuple[bool, str]:
    faults = warehouse.topology.faults()
    return not faults, "; ".join(faults) or "every node that answers takes part"


def _landing(settings: Settings) -> tuple[bool, str]:
    store = open_store(settings)
    text = store.check()
    left_out = store.left_out() if isinstance(store, FolderStore) else ""
    return not left_out, f"{text}: {left_out}" if left_out else text


def _space(settings: Settings) -> tuple[bool, str]:
    free = shutil.disk_usage(settings.home).free
    return free >= LEAST_SPACE, f"{free / (1 << 30):.1f} GiB free under {settings.home}"
