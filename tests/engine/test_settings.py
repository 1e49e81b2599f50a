"""What newer releases changed means here what it meant before, on every engine."""

from typing import Any

import pytest

from ads_pipeline.warehouse.pins import NEWER_PINNED
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home

pytestmark = pytest.mark.each_engine

MEANINGS: dict[str, Any] = {
    "least(1, NULL)": None,
    "toTypeName(dateTrunc('day', toDateTime64('2026-11-20 10:00:00', 3)))": "DateTime",
    "toTypeName(toTime(toDateTime('2026-11-20 10:00:00')))": "DateTime",
    "formatDateTime(toDateTime64('2026-11-20 10:00:00', 3), '%f')": "000",
    "toString(toDateTimeOrNull('20 Nov 2026 10:00:00'))": None,
    "countMatches('a,,b', '[^,]*')": 1,
    "toFloat64('1.7976931348623157e308') = 1.7976931348623157e308": 1,
}


def test_functions_mean_the_same_on_every_release(home: Home) -> None:
    found = {expression: home.ask(f"SELECT {expression} AS found")[0]["found"] for expression in MEANINGS}
    assert found == MEANINGS


def test_no_insert_is_left_out_as_a_repeat(home: Home) -> None:
    home.warehouse.run(Sql("CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100"))
    for _ in range(2):
        home.warehouse.run(Sql("INSERT INTO kept SELECT 1"))
        home.warehouse.insert("kept", ["a"], [[2]])
    assert home.ask("SELECT a, count() AS rows FROM kept GROUP BY a ORDER BY a") == [{"a": 1, "rows": 2}, {"a": 2, "rows": 2}]


def test_every_pin_that_the_engine_knows_is_in_force(home: Home) -> None:
    newer = [name for name in NEWER_PINNED if name in home.warehouse.connection.pins]
    assert bool(newer) == home.warehouse.connection.is_at_least("25.1")
    found = {row["name"] for row in home.warehouse.topology.settings_in_force() if row["is_pinned"]}
    assert found == set(home.warehouse.connection.pins)
