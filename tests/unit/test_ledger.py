"""The order of receipt, and which drops are to be loaded."""

from datetime import UTC, date, datetime, timedelta

from ads_pipeline.landing.drops import Drop, drop_from
from ads_pipeline.pipeline.ingest import cut
from ads_pipeline.pipeline.ledger import Known, Status, to_load

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def drop(name: str, at: datetime = NOON, etag: str = "1", size: int = 10) -> Drop:
    found = drop_from(name, size, etag, at)
    assert found
    return found


def known(item: Drop, status: Status = "loaded", tie: int = 0) -> Known:
    return Known(item.etag, status, item.landed_day, item.landed_at, tie)


def test_drops_are_ordered_by_landed_day_then_time_then_name() -> None:
    late, early = NOON + timedelta(minutes=1), NOON
    drops = [drop("b.csv", late), drop("z.csv", early), drop("a.csv", early), drop("dt=2026-10-01/q.csv", late)]
    entries = to_load(drops, {})
    assert [entry.drop.name for entry in entries] == ["dt=2026-10-01/q.csv", "a.csv", "z.csv", "b.csv"]
    positions = [entry.position for entry in entries]
    assert positions == sorted(set(positions))


def test_what_the_ledger_has_is_left_out_unless_it_changed_or_is_asked_for() -> None:
    drops = [drop(name) for name in ("loaded.csv", "failed.csv", "loading.csv", "pending.csv")]
    ledger = {item.name: known(item, status) for item, status in zip(drops, ("loaded", "failed", "loading", "pending"), strict=True)}
    assert {entry.drop.name for entry in to_load(drops, ledger)} == {"loading.csv", "pending.csv"}
    assert len(to_load(drops, ledger, again=True)) == 4
    changed = [drop("loaded.csv", etag="2")]
    assert [entry.drop.etag for entry in to_load(changed, ledger)] == ["2"]


def test_a_drop_keeps_its_place_and_a_new_one_of_the_same_moment_comes_behind() -> None:
    first, second = drop("m.csv"), drop("a.csv")
    ledger = {first.name: known(first, "loading", tie=4)}
    entries = to_load([second, first], ledger)
    assert [(entry.drop.name, entry.tie) for entry in entries] == [("m.csv", 4), ("a.csv", 5)]


def test_batches_are_cut_by_bytes_and_count() -> None:
    entries = to_load([drop(f"{number}.csv", size=size) for number, size in enumerate([5, 5, 50, 1, 1])], {})
    assert [len(batch) for batch in cut(entries, 10, 100)] == [2, 1, 2]
    assert [len(batch) for batch in cut(entries, 1000, 2)] == [2, 2, 1]
    assert entries[0].drop.landed_day == date(2026, 11, 1)
