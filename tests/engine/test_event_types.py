"""Event types are a setting: what it names is accepted, and what it names no more stays where it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ads_pipeline.pipeline.ingest import reload
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.quarantine import Selection, replay
from ads_pipeline.pipeline.run import begin_run
from tests.engine.conftest import Home, event

TODAY = datetime.now(UTC).date()
USUAL = ("impression", "click", "conversion")
RAW = "SELECT event_id, toString(event_type) AS type, quantity FROM events_current ORDER BY event_id"
SUMS = ", ".join(f"sum({metric}) AS {metric}" for metric in ("impressions", "conversions", "cost", "users"))
DAY = f"SELECT {SUMS} FROM campaign_daily_report"


@pytest.mark.further
@pytest.mark.each_engine
def test_a_further_type_is_loaded_and_stays_when_it_is_named_no_more(make_home: Callable[..., Home]) -> None:
    home = make_home()
    install = event(2, event_type="install", cost="0.5", quantity=7, user_id="u2")
    home.land("a.ndjson", event(1, event_type="impression", cost="0.25", user_id="u1"), install)
    home.land("b.csv", f"event_id,event_time,event_type,campaign_id\ne3,{TODAY}T00:00:00Z,install,c1\n")
    assert (home.ingest().counts.accepted, home.ask(RAW)) == (1, [{"event_id": "e1", "type": "impression", "quantity": 1}])

    home = make_home(event_types=(*USUAL, "install"))
    assert replay(begin_run(home.warehouse, home.settings), Selection(reason="invalid:event_type")).lines == 2
    loaded = home.ask(RAW)
    assert [(row["event_id"], row["type"], row["quantity"]) for row in loaded] == [
        ("e1", "impression", 1),
        ("e2", "install", 7),
        ("e3", "install", 1),
    ]
    assert home.ask(DAY) == [{"impressions": 1, "conversions": 0, "cost": Decimal("0.75"), "users": 2}]

    home = make_home(event_types=("click",))
    assert home.ingest().counts.accepted == 0
    assert home.ask(RAW) == loaded
    assert red(home) == set()
    reload(begin_run(home.warehouse, home.settings), home.store, TODAY, TODAY)
    assert home.ask(RAW) == loaded
    assert home.ask(DAY) == [{"impressions": 1, "conversions": 0, "cost": Decimal("0.75"), "users": 2}]
    assert red(home) == set()


def red(home: Home) -> set[str]:
    results = [run_check(home.warehouse, home.settings, check) for check in all_checks(home.settings)]
    return {result.check for result in results if not result.passed and result.severity == "error"}
