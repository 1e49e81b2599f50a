"""Drops taken back, given up, empty, or landed at the same or at impossible times."""

import gzip
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import RetentionError, UsageError
from ads_pipeline.pipeline import recount
from ads_pipeline.pipeline.forget import forget
from ads_pipeline.pipeline.ingest import reload
from ads_pipeline.pipeline.ledger import dismiss
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event
from tests.engine.test_losses import red

TODAY = datetime.now(UTC).date()


def costs(home: Home) -> list[tuple[str, str]]:
    rows = home.ask("SELECT event_id, toString(cost) AS cost FROM events FINAL ORDER BY event_id")
    return [(row["event_id"], row["cost"]) for row in rows]


def total(home: Home) -> tuple[int, str]:
    row = home.ask("SELECT sum(clicks) AS clicks, toString(sum(cost)) AS cost FROM campaign_daily_report")[0]
    return row["clicks"], row["cost"]


def outcomes(home: Home) -> dict[str, tuple[str, int, int]]:
    rows = home.ask("SELECT drop, toString(status) AS status, accepted, corrections FROM drops FINAL")
    return {row["drop"]: (row["status"], row["accepted"], row["corrections"]) for row in rows}


def three_drops(home: Home) -> None:
    """a brings 1 and 2, b corrects 1 and brings 3, c corrects 1 again and brings 4."""
    drops: dict[str, list[dict[str, Any] | str]] = {
        "a": [event(1), event(2)],
        "b": [event(1, cost="1"), event(3), "refused"],
        "c": [event(1, cost="2"), event(4)],
    }
    for name, events in drops.items():
        home.land(f"{name}.ndjson", *events)
        home.ingest()


EXPECTED = {
    "a": [("e1", "2"), ("e3", "0.25"), ("e4", "0.25")],
    "b": [("e1", "2"), ("e2", "0.25"), ("e4", "0.25")],
    "c": [("e1", "1"), ("e2", "0.25"), ("e3", "0.25")],
}


@pytest.mark.each_engine
@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name != "b")) for name in EXPECTED])
def test_what_a_drop_brought_is_taken_back(name: str, home: Home) -> None:
    three_drops(home)
    assert forget(begin_run(home.warehouse, home.settings), home.store, [f"{name}.ndjson"]) == [TODAY]
    assert costs(home) == EXPECTED[name]
    assert total(home)[0] == 3
    assert outcomes(home)[f"{name}.ndjson"] == ("forgotten", 0, 0)
    assert sum(accepted for _, accepted, _ in outcomes(home).values()) == 3
    assert len(home.ask("SELECT 1 FROM quarantine FINAL WHERE state = 'held'")) == (name != "b")
    assert red(home) == []
    assert home.ingest().drops == 0
    assert forget(begin_run(home.warehouse, home.settings), home.store, [f"{name}.ndjson"]) == []
    reload(begin_run(home.warehouse, home.settings), home.store, TODAY, TODAY)
    assert costs(home) == [("e1", "2"), ("e2", "0.25"), ("e3", "0.25"), ("e4", "0.25")]
    assert red(home) == []


def test_a_wrong_source_is_undone_by_forgetting_its_drops(home: Home) -> None:
    home.land("a.ndjson", *(event(number % 5, cost=f"{number}") for number in range(50)))
    home.land("b.ndjson", event(70))
    home.ingest()
    forget(begin_run(home.warehouse, home.settings), home.store, ["a.ndjson"])
    assert costs(home) == [("e70", "0.25")]
    assert total(home) == (1, "0.25")
    assert red(home) == []


def test_other_days_are_left_alone(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    earlier = [event(number, day=str(TODAY - timedelta(days=number))) for number in (1, 2)]
    home.land("a.ndjson", *earlier, event(3))
    home.ingest()
    home.land("b.ndjson", event(4))
    home.ingest()
    of_day = "SELECT event_date, toString(min(_part)) AS part FROM campaign_daily GROUP BY event_date"
    rebuilt = f"SELECT * FROM ({of_day}) WHERE event_date < '{TODAY}' ORDER BY event_date"
    before = home.ask(rebuilt)
    caplog.clear()
    assert forget(begin_run(home.warehouse, home.settings), home.store, ["b.ndjson"]) == [TODAY]
    home.ingest()
    assert home.ask(rebuilt) == before
    assert "has lost or changed rows" not in caplog.text
    home.warehouse.run(Sql(f"ALTER TABLE events DELETE WHERE event_date = '{TODAY - timedelta(days=1)}' SETTINGS mutations_sync = 2"))
    home.ingest()  # a loss is noticed as before
    assert total(home) == (3, "0.75")


@pytest.mark.further
def test_a_run_that_died_while_it_took_back_is_finished(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    three_drops(home)
    with monkeypatch.context() as patched:
        patched.setattr(recount, "recount_days", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            forget(begin_run(home.warehouse, home.settings), home.store, ["b.ndjson"])
    home.ingest()
    assert costs(home) == EXPECTED["b"]
    assert outcomes(home)["b.ndjson"] == ("forgotten", 0, 0)
    assert red(home) == []


def test_forgetting_is_refused_when_it_could_not_be_exact(make_home: Callable[..., Home]) -> None:
    home = make_home()
    three_drops_here = [event(1, day=(TODAY - timedelta(days=20)).isoformat()), event(2)]
    home.land("old.ndjson", *three_drops_here)
    home.land("new.ndjson", event(2, cost="1"))
    home.ingest()
    (Path(home.settings.landing) / "new.ndjson").unlink()
    with pytest.raises(UsageError, match=r"new\.ndjson may share events .* nothing was changed"):
        forget(begin_run(home.warehouse, home.settings), home.store, ["old.ndjson"])
    later = datetime.now(UTC) + timedelta(days=15)
    home.warehouse.now = lambda: later  # type: ignore[method-assign]
    with pytest.raises(RetentionError, match=r"have expired .* nothing was changed"):
        forget(begin_run(home.warehouse, home.settings), home.store, ["old.ndjson"])
    with pytest.raises(UsageError, match="the ledger has no drop 'none'"):
        forget(begin_run(home.warehouse, home.settings), home.store, ["none"])
    assert outcomes(home)["old.ndjson"][0] == "loaded"


def test_days_of_others_in_the_same_batch_refuse_nothing(home: Home) -> None:
    """A drop that corrects, loaded with one of an old day: only days that it has lines of itself count."""
    home.land("first.ndjson", event(1))
    home.ingest()
    home.land("wrong.ndjson", event(1, cost="9"), event(2))
    home.land("old.ndjson", event(7, day=(TODAY - timedelta(days=20)).isoformat()), event(7, day=(TODAY - timedelta(days=20)).isoformat()))
    home.ingest()
    home.warehouse.now = lambda: datetime.now(UTC) + timedelta(days=15)  # type: ignore[method-assign]
    assert forget(begin_run(home.warehouse, home.settings), home.store, ["wrong.ndjson"]) == [TODAY]
    assert outcomes(home)["wrong.ndjson"] == ("forgotten", 0, 0)
    assert outcomes(home)["old.ndjson"] == ("loaded", 1, 0), "it shares no day, and is not loaded again"
    assert dict(costs(home))["e1"] == "0.25"


@pytest.mark.parametrize("when", ["before it is read", "after it was read"])
def test_a_drop_that_is_removed_after_it_was_listed_ends_as_vanished(home: Home, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home.land("a.ndjson", event(1))
    home.land("b.csv.gz", "no gzip, but gone before anybody sees that")
    home.land("c.ndjson", event(3))
    gone = [Path(home.settings.landing) / name for name in ("b.csv.gz", "c.ndjson")]
    step = "fetch" if when == "before it is read" else "is_current"
    real = getattr(home.store, step)

    def remove_first(*args: Any) -> Any:
        for path in gone:
            path.unlink(missing_ok=True)
        return real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(home.store, step, remove_first)
        report = home.ingest()
    assert (report.errors, report.failed_drops, report.counts.accepted) == ({}, 0, 1)
    assert outcomes(home) == {"a.ndjson": ("loaded", 1, 0), "b.csv.gz": ("vanished", 0, 0), "c.ndjson": ("vanished", 0, 0)}
    assert costs(home) == [("e1", "0.25")]
    assert red(home) == []
    assert home.ingest().drops == 0
    home.land("c.ndjson", event(3))
    assert home.ingest().counts.accepted == 1
    assert outcomes(home)["c.ndjson"] == ("loaded", 1, 0)


def test_failed_drops_are_dismissed_and_empty_ones_are_loaded(home: Home) -> None:
    folder = Path(home.settings.landing)
    folder.mkdir(exist_ok=True)
    for name in ("a.csv", "b.parquet", "c.ndjson", "d.csv.gz", "e.ndjson.zst"):
        (folder / name).write_bytes(b"")
    (folder / "f.csv.gz").write_bytes(gzip.compress(b""))
    (folder / "g.csv").write_text("event_id,event_time\n")
    (folder / "h.ndjson.gz").write_bytes(gzip.compress(b"")[:-4])
    report = home.ingest()
    assert (report.drops, report.counts.lines) == (7, 0)
    assert list(report.errors) == ["h.ndjson.gz"]
    assert red(home) == ["events.no_failed_drop"]
    (folder / "h.ndjson.gz").unlink()
    assert dismiss(home.warehouse, []) == ["h.ndjson.gz"]
    assert red(home) == []
    with pytest.raises(UsageError, match=r"a\.csv is loaded: only failed drops are dismissed"):
        dismiss(home.warehouse, ["a.csv"])


def land_at(home: Home, name: str, at: float, *events: dict[str, str]) -> None:
    home.land(name, *events)
    os.utime(Path(home.settings.landing) / name, (at, at))


@pytest.mark.parametrize("together", [pytest.param(True, marks=pytest.mark.slow), False])
def test_names_settle_equal_times_in_whatever_order_drops_arrive(together: bool, home: Home) -> None:
    at = float(int(datetime.now(UTC).timestamp()) - 3600)
    for name, cost in (("c", "3"), ("a", "1"), ("d", "3"), ("b", "2")):
        land_at(home, f"{name}.ndjson", at, event(1, cost=cost))
        if not together:
            home.ingest()
    home.ingest()
    assert costs(home) == [("e1", "3")]
    land_at(home, "cc.ndjson", at, event(1, cost="4"))
    home.ingest()
    assert costs(home) == [("e1", "3")]
    assert total(home) == (1, "3")
    assert red(home) == []


def test_a_drop_overwritten_with_an_older_time_says_what_it_says_now(home: Home) -> None:
    at = datetime.now(UTC).timestamp() - 7200
    land_at(home, "a.ndjson", at, event(1, cost="1"), event(2, cost="1"))
    land_at(home, "b.ndjson", at + 60, event(2, cost="5"))
    home.ingest()
    land_at(home, "a.ndjson", at - 3600, event(7), event(1, cost="9"), event(2, cost="9"))
    home.ingest()
    assert costs(home) == [("e1", "9"), ("e2", "5"), ("e7", "0.25")]
    assert red(home) == []


def test_an_impossible_landing_time_neither_stops_others_nor_wins_for_ever(home: Home) -> None:
    now = datetime.now(UTC).timestamp()
    land_at(home, "events/dt=2149-06-05/a.ndjson", now - 60, event(1, cost="9"))
    for name, at in {"b": -86400.0 * 365, "c": 5.7e9, "d": 1e11}.items():
        land_at(home, f"{name}.ndjson", at, event(0, event_id=name))
    assert home.ingest().drops == 4
    home.warehouse.now = lambda: datetime.now(UTC) + timedelta(days=1)  # type: ignore[method-assign]
    land_at(home, "later.ndjson", now + 80000, event(1, cost="1"))
    home.ingest()
    assert dict(costs(home))["e1"] == "1"
