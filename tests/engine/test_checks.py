"""Each check goes red when what it guards is really broken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ads_pipeline.errors import EngineError
from ads_pipeline.pipeline.quality import all_checks, choose_checks, run_check
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event

BREAKS = {
    "events.retention": "INSERT INTO events (event_id, event_date) VALUES ('old', today() - 300)",
    "events.lines_accounted": "INSERT INTO quarantine (drop, line_number, state, revision) VALUES ('a.ndjson', 77, 'held', 1)",
    "events.raw_complete": "ALTER TABLE events DELETE WHERE event_id = 'e1'",
    "events.no_failed_drop": "INSERT INTO drops (drop, status, revision) VALUES ('x.ndjson', 'failed', 1)",
    "events.settled": "INSERT INTO batch_days (batch, event_date) VALUES ('dead', today())",
    "events.quarantined_share": "INSERT INTO drops (drop, status, landed_day, lines, quarantined, revision) "
    "VALUES ('x', 'loaded', today(), 9, 9, 1)",
    "events.ids_on_two_days": "INSERT INTO events (event_id, event_date) "
    "SELECT toString(number % 500), today() - intDiv(number, 500) FROM numbers(1000)",
    "events.ids_of_two_types": "INSERT INTO events (event_id, event_date, event_type) "
    "SELECT toString(number % 500), today(), if(number < 500, 'impression', 'click') FROM numbers(700)",
    "events.negative_share": "INSERT INTO events (event_id, event_date, cost) SELECT toString(number), today(), -1 FROM numbers(100)",
    "events.corrections_share": "INSERT INTO drops (drop, source, status, landed_day, lines, corrections, revision) "
    "VALUES ('x', 'mine', 'loaded', today(), 400, 100, 1)",
    "campaign_daily.exact": "INSERT INTO campaign_daily (event_date, campaign_id, impressions) VALUES (today(), 'c1', 1)",
    "publisher_daily.exact": "TRUNCATE TABLE publisher_daily",
    "campaign_daily.fresh": "TRUNCATE TABLE campaign_daily",
}


ON_EACH = ("events.retention", "campaign_daily.exact")


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.each_engine] * (name in ON_EACH)) for name in BREAKS])
def test_a_check_goes_red(name: str, home: Home) -> None:
    home.land("a.ndjson", event(1), event(2), "refused", *(event(number) for number in range(3, 40)))
    home.ingest()
    (check,) = choose_checks(home.settings, (name,))
    before = run_check(home.warehouse, home.settings, check)
    assert before.passed, before
    breaks = [Sql(BREAKS[name])] + ([Sql("ALTER TABLE events REMOVE TTL")] if name == "events.retention" else [])
    of_all = any(f" {table} " in BREAKS[name] for table in ("quarantine", "drops", "batch_days"))
    for place in [home.warehouse] if of_all else home.warehouse.shards:
        for sql in breaks:
            place.run(sql)
    after = run_check(home.warehouse, home.settings, check)
    assert not after.passed
    assert after.observed > 0


def test_an_empty_database_is_green(home: Home) -> None:
    assert [
        result.check for check in all_checks(home.settings) if not (result := run_check(home.warehouse, home.settings, check)).passed
    ] == []


def test_a_check_that_errors_raises(make_home: Callable[..., Home], tmp_path: Path) -> None:
    folder = tmp_path / "more" / "checks" / "events"
    folder.mkdir(parents=True)
    (folder / "mine.sql").write_text("-- Nothing is wrong.\n-- severity: warning\nSELECT nope AS observed, [] AS sample FROM events")
    home = make_home(sql_dir=tmp_path / "more")
    home.ingest()
    (check,) = choose_checks(home.settings, ("mine",))
    assert check.severity == "warning"
    with pytest.raises(EngineError, match="nope"):
        run_check(home.warehouse, home.settings, check)
