"""Days that cannot be compared as others are: the engine died under them, or their raw rows have expired."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ads_pipeline.pipeline.reconcile import Reconciliation, parse_tolerances, reconcile
from ads_pipeline.pipeline.retention import enforce_retention
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event

TODAY = datetime.now(UTC).date()
BEFORE, OLD = TODAY - timedelta(days=2), TODAY - timedelta(days=10)

pytestmark = pytest.mark.further


def compare(home: Home, text: str) -> Reconciliation:
    path = Path(home.settings.home) / "report.csv"
    path.write_text("Day,Campaign ID,Clicks\n" + text)
    return reconcile(home.warehouse, home.settings, "campaign_daily", path, (), parse_tolerances(()))


def test_a_day_that_the_engine_died_under_is_left_out_and_said_and_compared_when_it_is_settled(home: Home) -> None:
    home.land("a.ndjson", *(event(number, day=str(day)) for number, day in enumerate((OLD, BEFORE, BEFORE))))
    home.ingest()
    text = f"{OLD},c1,1\n{BEFORE},c1,5\n"
    assert compare(home, text).beyond == 1
    home.warehouse.run(Sql(f"INSERT INTO batch_days SELECT 'one', toDate('{BEFORE}'), 0, now64(3) - toIntervalDay(9)"))
    found = compare(home, text)
    assert (found.beyond, [str(day.day) for day in found.days]) == (0, [str(OLD)])
    assert any(str(BEFORE) in note and "left out" in note for note in found.notes), found.notes
    assert not any("the rollup has nothing of" in note for note in found.notes)
    begin_run(home.warehouse, home.settings)  # settles it
    found = compare(home, text)
    assert (found.beyond, int(found.totals[0].ours)) == (1, 3)
    assert not any("left out" in note for note in found.notes)


def test_a_day_whose_raw_rows_have_expired_is_compared_by_its_rollup_and_what_is_not_known_is_said(make_home: Callable[..., Home]) -> None:
    home = make_home(retention_days=30)
    apply_changes(home.warehouse, home.settings)
    home.land("a.ndjson", *(event(number, day=str(day)) for number, day in enumerate((OLD, OLD, BEFORE))))
    home.ingest()
    home = make_home(retention_days=7)
    apply_changes(home.warehouse, home.settings)
    enforce_retention(home.warehouse, home.settings)
    assert compare(home, f"{OLD},c1,2\n{BEFORE},c1,1\n").differing == 0
    found = compare(home, f"{OLD},c1,3\n{BEFORE},c1,1\n")
    (one,) = found.differences
    assert (one.day, int(one.differences["clicks"])) == (OLD, -1)
    assert any("raw rows expired" in text for text in one.explanations), one.explanations
