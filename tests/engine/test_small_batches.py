"""A small batch costs what it brings, and not what its days hold."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from ads_pipeline.pipeline import batch, differences, rebuild
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.rebuild import together
from ads_pipeline.warehouse.statements import Sql
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


def test_a_new_event_reads_little_of_a_full_day(home: Home) -> None:
    home.warehouse.run(Sql(FULL_DAY))
    home.ingest()  # notes the parts of a day that it did not fill
    home.land("a.ndjson", event(1))
    assert rows_read(home, home.ingest) < ROWS // 5  # a granule of each part, and the bookkeeping
    home.land("b.ndjson", event(1), event(2))
    assert rows_read(home, home.ingest) < ROWS // 5
    assert home.ask("SELECT sum(clicks) AS clicks FROM campaign_daily_report") == [{"clicks": ROWS + 2}]


@pytest.mark.parametrize("few", [0, 50_000])
def test_repeats_are_found_by_the_primary_key_and_without(few: int, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "FEW", few)
    home.land("a.ndjson", *(event(number) for number in range(20)))
    home.ingest()
    home.land("b.ndjson", event(3), event(4, cost="9"), event(30), event(30))
    counts = home.ingest().counts
    assert (counts.accepted, counts.duplicates, counts.corrections) == (1, 2, 1)


@pytest.mark.parametrize("rows", [3, 1_000_000])
def test_corrections_on_many_days_end_in_the_truth(rows: int, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "TOGETHER_ROWS", rows)
    monkeypatch.setattr(differences, "FEW", 0)
    days = [(TODAY - timedelta(days=number)).isoformat() for number in range(12)]
    home.land("a.ndjson", *(event(number, day=day) for day in days for number in (1, 2)))
    home.ingest()
    home.land("b.ndjson", *(event(1, day=day, cost="5") for day in days))
    assert home.ingest().counts.corrections == len(days)
    assert home.ask("SELECT toString(sum(cost)) AS cost FROM campaign_daily_report") == [{"cost": "63"}]
    checks = [check for check in all_checks(home.settings) if check.name in ("exact", "settled", "raw_complete")]
    assert [check.full_name for check in checks if not run_check(home.warehouse, home.settings, check).passed] == []


def test_days_are_recomputed_together_up_to_a_number_of_rows() -> None:
    days = [date(2026, 11, number) for number in range(1, 7)]
    rows = dict(zip(days, [900_000, 900_000, 900_000, 5_000_000, 1], strict=False))
    assert list(together(days, rows)) == [days[:2], days[2:3], days[3:4], days[4:]]
    assert list(together([], {})) == []
