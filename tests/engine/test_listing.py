"""Which of the drops listed are to be loaded, in the order of receipt."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ads_pipeline.landing import Drop
from ads_pipeline.landing.drops import drop_from
from ads_pipeline.pipeline import due
from ads_pipeline.pipeline.due import DropFilter, due_drops
from ads_pipeline.pipeline.ledger import Entry, Status, write_entries
from ads_pipeline.pipeline.run import begin_run
from tests.engine.conftest import Home

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def drop(name: str, at: datetime = NOON, etag: str = "1", size: int = 10) -> Drop:
    found = drop_from(name, size, etag, at)
    assert found
    return found


def chosen(home: Home, drops: Sequence[Drop], limit: int = 0, *, again: bool = False, urgent: Sequence[str] = ()) -> list[Entry]:
    with due_drops(
        begin_run(home.warehouse, home.settings), lambda: drops, DropFilter(limit=limit, again=again, urgent=frozenset(urgent))
    ) as found:
        entries = [entry for batch in found.batches(1 << 40, 100) for entry in batch]
        assert (found.drops, found.bytes) == (len(entries), sum(entry.drop.size for entry in entries))
    return entries


def enter(home: Home, item: Drop, status: Status = "loaded") -> None:
    write_entries(home.warehouse, [Entry(item)], status, "b")


@pytest.mark.each_engine
def test_drops_are_ordered_by_landed_day_then_time_then_name(home: Home) -> None:
    late, early = NOON + timedelta(minutes=1), NOON
    drops = [drop("b.csv", late), drop("z.csv", early), drop("a.csv", early), drop("dt=2026-10-01/q.csv", late)]
    entries = chosen(home, drops)
    assert [entry.drop.name for entry in entries] == ["dt=2026-10-01/q.csv", "a.csv", "z.csv", "b.csv"]
    assert entries[1].drop == drops[2]
    positions = [(entry.position, entry.drop.name) for entry in entries]
    assert positions == sorted(positions)
    assert [entry.drop.name for entry in chosen(home, drops, 2)] == ["dt=2026-10-01/q.csv", "a.csv"]


def test_what_the_ledger_has_is_left_out_unless_it_changed_or_is_asked_for(home: Home) -> None:
    statuses: list[Status] = ["loaded", "failed", "loading", "pending", "vanished", "dismissed", "forgotten"]
    drops = [drop(f"{status}.csv") for status in statuses]
    for item, status in zip(drops, statuses, strict=True):
        enter(home, item, status)
    assert {entry.drop.name for entry in chosen(home, drops)} == {"loading.csv", "pending.csv", "vanished.csv"}
    assert len(chosen(home, drops, again=True)) == len(statuses)
    for status in statuses:
        (found,) = chosen(home, [drop(f"{status}.csv", etag="2")])
        assert (found.drop.etag, found.known) == ("2", True)


def test_a_drop_keeps_its_place_and_an_overwrite_moves_it_forward_only(home: Home) -> None:
    first, second = drop("m.csv"), drop("a.csv")
    enter(home, first, "loading")
    moved = replace(first, landed_at=NOON + timedelta(hours=1))
    assert [(entry.drop.name, entry.drop.landed_at) for entry in chosen(home, [second, moved])] == [("a.csv", NOON), ("m.csv", NOON)]
    for hours, at in ((-1, NOON), (1, NOON + timedelta(hours=1))):
        (entry,) = chosen(home, [replace(moved, etag="2", landed_at=NOON + timedelta(hours=hours))])
        assert entry.drop.landed_at == at


def test_a_time_ahead_of_the_clock_counts_as_now(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    now = datetime.now(UTC)
    ahead = [drop("dt=2149-06-05/a.csv", now - timedelta(hours=1)), drop("b.csv", now + timedelta(days=90)), drop("c.csv", now)]
    for entry in chosen(home, ahead):
        assert entry.drop.landed_day <= datetime.now(UTC).date()
        assert entry.drop.landed_at <= datetime.now(UTC) + timedelta(seconds=1)
    assert "ahead of the engine's clock: 2, for example of dt=2149-06-05/a.csv" in caplog.text


def test_urgent_drops_come_first_in_batches_of_their_own(home: Home) -> None:
    drops = [drop(f"{name}.csv") for name in "abcd"]
    for item in drops[1:]:
        enter(home, item)
    with due_drops(begin_run(home.warehouse, home.settings), lambda: drops, DropFilter(urgent=frozenset({"c.csv", "d.csv"}))) as found:
        assert [[entry.drop.name for entry in batch] for batch in found.batches(1 << 40, 100)] == [["c.csv", "d.csv"], ["a.csv"]]


def test_a_name_that_is_listed_twice_is_loaded_once(home: Home) -> None:
    assert [entry.drop.name for entry in chosen(home, [drop("a.csv"), drop("b.csv"), drop("a.csv")])] == ["a.csv", "b.csv"]


def test_batches_are_cut_by_bytes_and_count(home: Home) -> None:
    drops = [drop(f"{number}.csv", size=size) for number, size in enumerate([5, 5, 50, 1, 1])]
    with due_drops(begin_run(home.warehouse, home.settings), lambda: drops) as found:
        assert [len(batch) for batch in found.batches(10, 100)] == [2, 1, 2]
        assert [len(batch) for batch in found.batches(1000, 2)] == [2, 2, 1]


def test_pages_follow_each_other(home: Home) -> None:
    drops = [drop(f"{number:05}.csv", NOON + timedelta(seconds=number % 7)) for number in range(2 * due.PAGE + 3)]
    entries = chosen(home, drops)
    assert [entry.drop.name for entry in entries] == [item.name for item in sorted(drops, key=lambda item: (item.landed_at, item.name))]
    assert entries[0].drop.landed_day == date(2026, 11, 1)


@pytest.mark.further
@pytest.mark.parametrize("count", [40_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_many_drops_are_not_held_in_memory(home: Home, count: int) -> None:
    """All of them as Python objects would take some 30 and 150 MiB."""
    drops = (drop(f"events/dt=2026-11-{number % 28 + 1:02}/{number:06}.ndjson.gz") for number in range(count))
    tracemalloc.start()
    try:
        with due_drops(begin_run(home.warehouse, home.settings), lambda: drops) as found:
            assert (found.drops, found.bytes) == (count, 10 * count)
            assert len(next(found.batches(1 << 40, 2000))) == 2000
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()
