"""An open warehouse with a landing folder, on a real engine."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import Report, ingest
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse
from tests.engines import cluster, engine, server
from tests.made import put_database

__all__ = ["cluster", "engine", "server"]


class Home:
    """Lands drops, ingests them, and asks the database."""

    def __init__(self, settings: Settings, warehouse: Warehouse) -> None:
        self.settings, self.warehouse = settings, warehouse
        self.store = open_store(settings)

    def land(self, name: str, *events: dict[str, Any] | str) -> None:
        path = Path(self.settings.landing) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in events))

    def ingest(self) -> Report:
        return ingest(begin_run(self.warehouse, self.settings), self.store)

    def ask(self, sql: str) -> list[dict[str, Any]]:
        return self.warehouse.rows(Sql(sql))


def assert_green(home: Home) -> None:
    """No check fails but with a warning."""
    failed = [result for check in all_checks(home.settings) if not (result := run_check(home.warehouse, home.settings, check)).passed]
    assert [result for result in failed if result.severity == "error"] == []


@pytest.fixture
def make_home(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., Home]]:
    """Opens homes one after another, to write: there is one writer at a time.

    On chDB the first is a copy of one that `ads init` made, unless the test is marked `from_nothing`.
    """
    opened: list[Warehouse] = []

    def make(**overrides: Any) -> Home:
        for warehouse in opened:
            warehouse.close()
        settings = load_settings(home=tmp_path, **overrides)
        if not opened and not request.node.get_closest_marker("from_nothing"):
            put_database(settings)
        warehouse = open_warehouse(settings, write=True)
        opened.append(warehouse)
        return Home(settings, warehouse)

    yield make
    for warehouse in opened:
        warehouse.close()


@pytest.fixture
def home(make_home: Callable[..., Home]) -> Home:
    """A home whose database is there."""
    found = make_home()
    apply_changes(found.warehouse, found.settings)
    return found


def kept_for_ever(make_home: Callable[..., Home]) -> Home:
    """A home that keeps raw rows for ever, for tests of fixed days."""
    found = make_home(retention_days=0)
    apply_changes(found.warehouse, found.settings)
    return found


@pytest.fixture
def lasting(home: Home, make_home: Callable[..., Home]) -> Home:
    """A home that keeps raw rows for ever: the days of these tests are fixed."""
    del home
    return kept_for_ever(make_home)


def event(number: int, *, day: str | None = None, **fields: Any) -> dict[str, Any]:
    """A valid event of a day (default: today)."""
    day = day or datetime.now(UTC).date().isoformat()
    basic = {"event_id": f"e{number}", "event_time": f"{day}T00:00:01Z", "event_type": "click", "campaign_id": "c1", "cost": "0.25"}
    return basic | fields


def days(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The event days of rows, as texts."""
    return [str(row["event_date"]) for row in rows]
