"""What readers see: the current row of each identity whatever they have set, and no day that the engine may count twice."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from ads_pipeline.pipeline.availability import read_availability
from ads_pipeline.pipeline.query import plan_query, run_raw
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import on_shards
from tests.engine.conftest import Home, days, event

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)

HOSTILE = [
    "do_not_merge_across_partitions_select_final = 0",
    "optimize_move_to_prewhere_if_final = 1, do_not_merge_across_partitions_select_final = 0, final = 1, apply_deleted_mask = 0",
]


@pytest.fixture
def unmerged(home: Home) -> Home:
    """Ids that stand on two days, and corrections whose old rows lie in parts of their own."""
    on_shards(home.warehouse, lambda shard: shard.run(Sql("SYSTEM STOP MERGES events")))
    for drop, cost in enumerate((5, 1, 3)):
        dates = [str(TODAY), str(YESTERDAY)]
        home.land(f"events/{drop}.ndjson", *(event(n, day=day, cost=cost) for n in range(20) for day in dates if n % 3 >= drop))
        home.ingest()
    return home


@pytest.mark.each_engine
@pytest.mark.parametrize("hostile", [pytest.param(HOSTILE[0], marks=pytest.mark.slow), HOSTILE[1]])
def test_events_current_is_right_whatever_the_reader_sets(unmerged: Home, hostile: str) -> None:
    truth = {(day, f"e{n}"): (5, 1, 3)[n % 3] for n in range(20) for day in (TODAY, YESTERDAY)}

    def read(where: str) -> dict[Any, Any]:
        rows = unmerged.ask(f"SELECT event_date, event_id, cost FROM events_current WHERE {where} SETTINGS {hostile}")
        assert len(rows) == len({(row["event_date"], row["event_id"]) for row in rows})
        return {(row["event_date"], row["event_id"]): row["cost"] for row in rows}

    assert read("1") == truth
    assert read("cost = 5") == {key: cost for key, cost in truth.items() if cost == 5}
    assert read(f"event_date = '{TODAY}' AND cost < 4") == {key: cost for key, cost in truth.items() if key[0] == TODAY and cost < 4}
    assert read("event_id = 'e7'") == {key: cost for key, cost in truth.items() if key[1] == "e7"}


def note(home: Home, when: str, settled: int = 0) -> None:
    home.warehouse.run(Sql(f"INSERT INTO batch_days SELECT 'one', toDate('{TODAY}'), {settled}, {when}"))


@pytest.mark.each_engine
def test_days_of_a_run_that_the_engine_died_under_are_left_out(home: Home) -> None:
    home.land("a.ndjson", *(event(n, day=str(day)) for n, day in enumerate((TODAY, YESTERDAY, YESTERDAY))))
    home.ingest()
    rollup = find_rollup(home.warehouse, home.settings, "campaign_daily")
    ask: Callable[..., Any] = partial(home.ask, "SELECT event_date, clicks FROM campaign_daily_report ORDER BY event_date")

    def seen() -> list[str]:
        found = run_raw(home.warehouse, plan_query(rollup, by=["event_date"], metrics=["clicks"]), "csv").decode().splitlines()[1:]
        assert [line.replace('"', "").split(",")[0] for line in found] == days(ask())
        return days(ask())

    def left_out(last: date | None = None) -> list[date]:
        return read_availability(home.warehouse, []).left_out_between(None, last)

    assert (seen(), left_out()) == ([str(YESTERDAY), str(TODAY)], [])
    note(home, "now64(3) + toIntervalSecond(2)")  # a run that is at work
    assert (seen(), left_out()) == ([str(YESTERDAY), str(TODAY)], [])
    note(home, "now64(3) - toIntervalDay(9)")
    assert (seen(), left_out()) == ([str(YESTERDAY)], [TODAY])
    assert left_out(last=YESTERDAY) == []
    note(home, "now64(3)", settled=1)
    assert (seen(), left_out()) == ([str(YESTERDAY), str(TODAY)], [])
