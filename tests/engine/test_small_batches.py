"""A small batch costs what it brings, and not what its days hold; and what it brings to rollups is exact."""

import json
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.pipeline import batch, differences, rebuild, steps
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.rebuild import together
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.pipeline.run import apply_changes
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse
from tests.engine.conftest import Home, event

TODAY = datetime.now(UTC).date()
ROWS = 500_000
FULL_DAY = f"""INSERT INTO events (event_id, event_time, event_type, campaign_id, ids, event_date, version)
    SELECT concat('e', toString(number + 1000)), toDateTime64('{TODAY} 00:00:00', 3, 'UTC'), 'click', 'c1', 'events', '{TODAY}', 1
    FROM numbers({ROWS})"""


def rows_read(home: Home, call: Callable[[], object]) -> int:
    """How many rows the engine reads for a call, by its own count."""
    count = Sql("SELECT sum(value) FROM system.events WHERE event = 'SelectedRows'")
    before = int(home.warehouse.value(count))
    call()
    return int(home.warehouse.value(count)) - before


def red(home: Home) -> list[str]:
    checks = [check for check in all_checks(home.settings) if check.name in ("exact", "settled", "raw_complete", "unique_identity")]
    return [check.full_name for check in checks if not run_check(home.warehouse, home.settings, check).passed]


def test_an_event_and_a_correction_read_little_of_a_full_day(home: Home) -> None:
    if len(home.warehouse.shards) > 1:
        pytest.skip("this test fills the table by hand, which the whole of a cluster does not take")
    home.warehouse.run(Sql(FULL_DAY))
    home.ingest()  # notes the parts of a day that it did not fill
    home.land("a.ndjson", event(1))
    assert rows_read(home, home.ingest) < ROWS // 5  # a granule of each part, and the bookkeeping
    home.land("b.ndjson", event(1), event(2))
    assert rows_read(home, home.ingest) < ROWS // 5
    home.land("c.ndjson", event(2000, cost="7"))
    assert rows_read(home, home.ingest) < ROWS // 3
    assert home.ask("SELECT sum(clicks) AS clicks, toString(sum(cost)) AS cost FROM campaign_daily_report") == [
        {"clicks": ROWS + 2, "cost": "7.5"}
    ]
    assert red(home) == ["events.raw_complete"]  # the ledger does not know what filled the day


@pytest.mark.parametrize(("few", "rows"), [(0, 500_000), (50_000, 500_000), (50_000, 1)])
def test_repeats_are_found_by_the_primary_key_and_without(few: int, rows: int, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "FEW", few)
    monkeypatch.setattr(batch, "REPEATED_ROWS", rows)
    home.land("a.ndjson", *(event(number) for number in range(20)))
    home.ingest()
    home.land("b.ndjson", event(3), event(4, cost="9"), event(30), event(30))
    counts = home.ingest().counts
    assert (counts.accepted, counts.duplicates, counts.corrections) == (1, 2, 1)
    assert home.ask("SELECT count() AS rows, toString(sum(cost)) AS cost FROM events_current") == [{"rows": 21, "cost": "14"}]
    assert red(home) == []


@pytest.mark.parametrize(("few", "rows"), [(0, 3), (0, 1_000_000), (50_000, 1_000_000)])
def test_corrections_on_many_days_end_in_the_truth(few: int, rows: int, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "TOGETHER_ROWS", rows)
    monkeypatch.setattr(differences, "FEW", few)
    days = [(TODAY - timedelta(days=number)).isoformat() for number in range(12)]
    home.land("a.ndjson", *(event(number, day=day) for day in days for number in (1, 2)))
    home.ingest()
    home.land("b.ndjson", *(event(1, day=day, cost="5") for day in days))
    assert home.ingest().counts.corrections == len(days)
    assert home.ask("SELECT toString(sum(cost)) AS cost FROM campaign_daily_report") == [{"cost": "63"}]
    assert red(home) == []


def test_days_are_recomputed_together_up_to_a_number_of_rows() -> None:
    days = [date(2026, 11, number) for number in range(1, 7)]
    rows = dict(zip(days, [1_800_000, 1_800_000, 1_800_000, 5_000_000, 1], strict=False))
    assert list(together(days, rows)) == [days[:2], days[2:3], days[3:4], days[4:]]
    assert list(together([], {})) == []


BY_CAMPAIGN = "SELECT event_date, campaign_id, {} FROM events GROUP BY event_date, campaign_id"
OWN = {
    "german": BY_CAMPAIGN.format("sumSimpleState(cost) AS cost").replace("GROUP", "WHERE country IN ('DE', 'AT') GROUP"),
    "extremes": BY_CAMPAIGN.format("minSimpleState(cost) AS least, maxState(revenue) AS most, uniqExactState(user_id) AS users"),
    "counted": BY_CAMPAIGN.format("countState() AS rows, sumState(quantity) AS total"),
    "busy": BY_CAMPAIGN.format("sumSimpleState(quantity) AS total") + " HAVING count() > 1",
    "above": BY_CAMPAIGN.format("sumSimpleState(cost) AS spent").replace("GROUP", "WHERE cost >= (SELECT avg(cost) FROM events) GROUP"),
    "rates": BY_CAMPAIGN.format("sumSimpleState(toFloat64(cost)) AS cost"),
}
"""Rollups of users: some can be told from the events that change, some sometimes, some never."""

CORRECTED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "of a cost": ({"cost": "0.75"}, {"extremes"}),
    "of what no rollup has": ({"attributes": {"a": "b"}}, set()),
    "of a quantity that grows": ({"quantity": 5}, {"counted"}),
    "of a quantity that shrinks": ({"quantity": 2}, {"counted", "campaign_daily", "publisher_daily"}),
    "of a user": ({"user_id": "other"}, {"extremes", "campaign_daily", "publisher_daily"}),
    "of a country": ({"country": "FR"}, {"german", "publisher_daily"}),
    "of a campaign": ({"campaign_id": "c9"}, {"extremes", "counted", "campaign_daily"}),
}
"""Corrections of an event, and the rollups of which whole days must be computed, besides those of which they always are."""

ALWAYS = {"busy", "above", "rates"}


@pytest.mark.further
def test_corrections_add_what_they_change_only_where_that_is_exact(
    tmp_path: Path, make_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, select in OWN.items():
        path = tmp_path / "sql" / "rollups" / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"-- grain: one event day and campaign\n{select}\n")
    home = make_home(sql_dir=tmp_path / "sql")
    apply_changes(home.warehouse, home.settings)
    computed: set[str] = set()

    def rebuild_days(warehouse: Warehouse, rollups: Collection[Rollup], *arguments: Any, **named: Any) -> set[date]:
        computed.update(rollup.name for rollup in rollups)
        return rebuild.rebuild_days(warehouse, list(rollups), *arguments, **named)

    monkeypatch.setattr(steps, "rebuild_days", rebuild_days)
    first: list[dict[str, Any]] = [
        {"country": "DE", "user_id": f"u{number}", "quantity": 4, "campaign_id": f"c{number % 2}"} for number in range(4)
    ]
    home.land("first.ndjson", *(event(number, **fields) for number, fields in enumerate(first)))
    home.ingest()
    now = first[0] | {"cost": "0.25"}
    for number, (kind, (change, expected)) in enumerate(CORRECTED.items()):
        now, computed = now | change, set()
        home.land(f"{number}.ndjson", event(0, **now), event(100 + number, campaign_id="c1"))
        assert home.ingest().counts.corrections == 1, kind
        assert (kind, computed) == (kind, expected | ALWAYS)
        assert (kind, red(home)) == (kind, [])
    home.land("last.ndjson", event(0, **(now | {"campaign_id": "c0", "cost": "3"})), event(2, **(first[2] | {"cost": "-4"})))
    home.ingest()
    assert red(home) == []


@pytest.mark.each_engine
def test_small_drops_are_read_together_and_each_line_keeps_its_place(home: Home) -> None:
    lines = [json.dumps(event(number)) for number in range(20)]
    for number in range(9):
        home.land(f"events/{number}.ndjson", lines[number * 2], "", "no json")
        with (Path(home.settings.landing) / f"events/{number}.ndjson").open("a", newline="") as file:
            file.write(f"\r\n{lines[number * 2 + 1]}\r\n\n" + ("" if number % 2 else "[]"))
    home.land("events/mark.ndjson", "\ufeff" + json.dumps(event(50)))
    home.ingest()
    held = home.ask("SELECT drop, line_number, line FROM quarantine FINAL WHERE drop != 'events/mark.ndjson' ORDER BY drop, line_number")
    wanted = [[(3, "no json"), *([(7, "[]")] if number % 2 == 0 else [])] for number in range(9)]
    assert [(row["drop"], row["line_number"], row["line"]) for row in held] == [
        (f"events/{number}.ndjson", *one) for number in range(9) for one in wanted[number]
    ]
    found = home.ask("SELECT event_id, drop, line_number FROM events ORDER BY drop, line_number")
    places = [(f"events/{number // 2}.ndjson", 5 if number % 2 else 1) for number in range(18)]
    assert [(row["drop"], row["line_number"]) for row in found if row["drop"] != "events/mark.ndjson"] == places
    assert [row["event_id"] for row in found][:18] == [f"e{number}" for number in range(18)]
