"""Refused lines: replayed by the same path, discarded, and accounted for all along."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline import steps
from ads_pipeline.pipeline.batch import Batch
from ads_pipeline.pipeline.ingest import reload
from ads_pipeline.pipeline.ledger import entry_of, read_ledger, write_entries
from ads_pipeline.pipeline.quarantine import Selection, discard, empty_old_lines, list_lines, replay
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, assert_green, event

pytestmark = pytest.mark.further

TODAY = datetime.now(UTC).date()


def counts(home: Home) -> list[tuple[int, ...]]:
    return [
        (row["lines"], row["accepted"], row["duplicates"], row["corrections"], row["quarantined"]) for row in read_ledger(home.warehouse)
    ]


@pytest.mark.each_engine
def test_a_replay_loads_what_is_refused_no_more(make_home: Callable[..., Home]) -> None:
    home = make_home(max_future="1s")
    soon = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    home.land("a.ndjson", event(1), event(2, event_time=soon), event(2, event_time=soon), event(2, event_time=soon, cost="3"), "no json")
    assert (home.ingest().counts.accepted, counts(home)) == (1, [(5, 1, 0, 0, 4)])
    assert replay(begin_run(home.warehouse, home.settings), Selection()).quarantined == 4

    home = make_home(max_future="24h")
    assert replay(begin_run(home.warehouse, home.settings), Selection(reason="future")).lines == 3
    assert counts(home) == [(5, 2, 1, 1, 1)]
    assert sum(row["cost"] for row in home.ask("SELECT cost FROM campaign_daily_report")) == Decimal("3.25")
    assert replay(begin_run(home.warehouse, home.settings), Selection()).quarantined == 1
    assert counts(home) == [(5, 2, 1, 1, 1)]
    assert_green(home)
    reload(begin_run(home.warehouse, home.settings), home.store, TODAY, TODAY)
    assert counts(home) == [(5, 2, 1, 1, 1)]
    assert_green(home)


@pytest.mark.each_engine
@pytest.mark.parametrize("died", ["correct", "enter", "settle"])
def test_a_replay_that_died_leaves_no_check_red_after_the_next_ingest(
    died: str, make_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(max_future="1s")
    soon = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    home.land("a.ndjson", event(1), event(2, event_time=soon), event(3, event_time=soon), event(3, event_time=soon))
    home.ingest()
    home = make_home(max_future="24h")

    def die(batch: Batch) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(steps, "STEPS", [die if step.__name__ == died else step for step in steps.STEPS])
        with pytest.raises(KeyboardInterrupt):
            replay(begin_run(home.warehouse, home.settings), Selection())
    home.ingest()
    assert_green(home)
    for _ in range(2):
        replay(begin_run(home.warehouse, home.settings), Selection())
        assert counts(home) == [(4, 3, 1, 0, 0)]
        assert_green(home)


def test_discarded_lines_stay_accounted_for(home: Home) -> None:
    home.land("a.ndjson", event(1), "no json", '["no object"]')
    home.ingest()
    first, _ = list_lines(home.warehouse, Selection())
    assert discard(home.warehouse, Selection(ids=(first["id"],))) == 1
    assert len(list_lines(home.warehouse, Selection())) == 1
    reload(begin_run(home.warehouse, home.settings), home.store, TODAY, TODAY)
    assert len(list_lines(home.warehouse, Selection())) == 1
    assert counts(home) == [(3, 1, 0, 0, 2)]
    assert_green(home)


@pytest.mark.each_engine
def test_lines_held_for_long_are_emptied_and_stay_accounted_for(home: Home) -> None:
    home.land("a.ndjson", event(1), "no json", "no json either")
    home.ingest()
    lines = "SELECT line, toString(state) AS state FROM quarantine FINAL ORDER BY line_number"
    empty_old_lines(home.warehouse, 1)
    assert [row["line"] for row in home.ask(lines)] == ["no json", "no json either"]
    older = "line_number, record, source, landed_day, reasons, line, state, quarantined_at - toIntervalDay(2), revision + 1"
    home.warehouse.run(Sql(f"INSERT INTO quarantine SELECT drop, {older} FROM quarantine FINAL WHERE line_number = 2"))
    for days in (0, 3):
        empty_old_lines(home.warehouse, days)
    assert len(list_lines(home.warehouse, Selection())) == 2
    for _ in range(2):
        empty_old_lines(home.warehouse, 1)
        assert home.ask(lines) == [{"line": "", "state": "discarded"}, {"line": "no json either", "state": "held"}]
    assert [row["line_number"] for row in list_lines(home.warehouse, Selection())] == [3]
    assert counts(home) == [(3, 1, 0, 0, 2)]
    assert_green(home)
    home.ingest()
    reload(begin_run(home.warehouse, home.settings), home.store, TODAY, TODAY)
    assert counts(home) == [(3, 1, 0, 0, 2)]
    assert_green(home)


def test_lines_that_are_not_there_are_named(home: Home) -> None:
    with pytest.raises(UsageError, match="quarantine holds no line 'abc'"):
        replay(begin_run(home.warehouse, home.settings), Selection(ids=("abc",)))


@pytest.mark.parametrize("status", ["loading", "failed"])
def test_lines_of_a_drop_that_is_not_loaded_wait(make_home: Callable[..., Home], status: str) -> None:
    home = make_home(max_future="1s")
    home.land("a.ndjson", event(1), event(2, event_time=(datetime.now(UTC) + timedelta(hours=2)).isoformat()))
    home.ingest()
    write_entries(home.warehouse, [entry_of(row) for row in read_ledger(home.warehouse)], status, "x")  # type: ignore[arg-type]

    home = make_home(max_future="24h")
    assert replay(begin_run(home.warehouse, home.settings), Selection()).lines == 0
    assert [row["status"] for row in read_ledger(home.warehouse)] == [status]
    assert len(list_lines(home.warehouse, Selection())) == 1
