"""A survey of a landing store notices whatever changes, and lists little of a store in which nothing does."""

import random
from bisect import bisect_right, insort
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ads_pipeline.errors import LandingError
from ads_pipeline.landing import Drop, FolderStore, Format, Look, survey
from ads_pipeline.landing.survey import ROUND, Survey

TWO_DAYS = timedelta(days=2)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Store:
    """A store in memory that counts the drops it lists."""

    def __init__(self) -> None:
        self.drops: dict[str, tuple[str, datetime]] = {}
        self.names: list[str] = []
        self.listed = 0
        self.fails_at = ""

    def put(self, name: str, etag: str = "1", landed_at: datetime = NOON) -> None:
        if name not in self.drops:
            insort(self.names, name)
        self.drops[name] = (etag, landed_at)

    def remove(self, name: str) -> None:
        del self.drops[name]
        self.names.remove(name)

    def list(self, after: str = "", look: Look | None = None) -> Iterator[Drop]:
        return look.through(self.listing, after) if look else self.listing(after)

    def listing(self, after: str) -> Iterator[Drop]:
        for name in self.names[bisect_right(self.names, after) :]:
            if name == self.fails_at:
                raise LandingError("lost")
            self.listed += 1
            etag, landed_at = self.drops[name]
            yield Drop(name, "events", Format("ndjson", ""), 1, etag, landed_at, landed_at.date())


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(survey, "STRETCH", 10)
    store = Store()
    for day in range(50):
        for number in range(20):
            store.put(f"events/dt={day:03}/{number:03}.ndjson", landed_at=NOON + timedelta(days=day))
    return store


def looks(found: Survey, store: Store, count: int) -> int:
    """How many looks it takes to notice a change; `count` and one more when none of so many does."""
    mark = found.mark
    for look in range(1, count + 1):
        found.look(store)  # type: ignore[arg-type]
        if found.mark != mark:
            return look
    return count + 1


def test_a_store_without_changes_is_listed_in_turns(store: Store) -> None:
    found = Survey(TWO_DAYS)
    assert looks(found, store, 1) == 1
    total, store.listed = found.total, 0
    assert total
    assert looks(found, store, ROUND) == ROUND + 1
    assert store.listed < 1000 * 2
    assert found.total == total
    other = Survey(TWO_DAYS)
    other.look(store)  # type: ignore[arg-type]
    assert (other.total, other.mark == found.mark) == (total, False)


@pytest.mark.parametrize(
    "name", ["a.ndjson", "events/dt=000/005b.ndjson", "events/dt=025/007.ndjson", "events/dt=049/zzz.ndjson", "zzz.ndjson"]
)
def test_every_change_is_noticed_within_a_round(store: Store, name: str) -> None:
    found = Survey(TWO_DAYS)
    for turn in range(ROUND):  # wherever the turn stands
        while looks(found, store, ROUND + 1) <= ROUND:
            pass
        looks(found, store, turn)
        store.put(name, etag=f"changed {turn}", landed_at=NOON - timedelta(days=900))
        assert looks(found, store, ROUND) <= ROUND
    store.remove(name)
    assert looks(found, store, ROUND) <= ROUND


def test_where_drops_landed_last_is_looked_at_each_time(store: Store) -> None:
    found = Survey(TWO_DAYS)
    found.look(store)  # type: ignore[arg-type]
    for number in range(100):
        store.put(f"events/dt=100/{number:04}.ndjson", landed_at=NOON + timedelta(days=100))
        assert looks(found, store, 1) == 1


def test_random_changes_leave_what_a_first_look_would_find(store: Store) -> None:
    found, seeded = Survey(TWO_DAYS), random.Random(7)
    for _ in range(150):
        for _ in range(seeded.choice([0, 1, 40])):
            store.put(f"events/dt={seeded.randrange(50):03}/{seeded.randrange(100):03}.ndjson", etag=str(seeded.random()))
        for name in seeded.sample(sorted(store.drops), seeded.choice([0, 1, 30])):
            store.remove(name)
        found.look(store)  # type: ignore[arg-type]
    looks(found, store, ROUND + 1)
    for _ in range(ROUND + 1):
        found.look(store)  # type: ignore[arg-type]
    fresh = Survey(TWO_DAYS)
    fresh.look(store)  # type: ignore[arg-type]
    assert found.total == fresh.total
    assert len(found._stretches) <= len(store.drops) / 5 + 2


def test_a_look_ends_in_time_and_the_next_one_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "SECONDS", -1.0)
    found = Survey(TWO_DAYS)
    found.look(store)  # type: ignore[arg-type]
    assert store.listed < 50
    assert not found.total
    for _ in range(400):
        found.look(store)  # type: ignore[arg-type]
    fresh = Survey(TWO_DAYS)
    monkeypatch.setattr(survey, "SECONDS", 10.0)
    fresh.look(store)  # type: ignore[arg-type]
    assert found.total == fresh.total


def test_a_listing_that_breaks_off_changes_nothing(store: Store) -> None:
    found = Survey(TWO_DAYS)
    found.look(store)  # type: ignore[arg-type]
    mark, total = found.mark, found.total
    store.fails_at = "events/dt=049/000.ndjson"
    with pytest.raises(LandingError):
        found.look(store)  # type: ignore[arg-type]
    assert (found.mark, found.total) == (mark, total)
    store.fails_at = ""
    assert looks(found, store, ROUND) == ROUND + 1


def test_a_look_at_a_large_store_costs_what_its_recent_days_cost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "SMALL", 100)
    today = datetime.now(UTC).date()
    listed = []
    for days in (20, 60):
        for source in "abcdefgh":
            for day in range(days):
                for number in range(3):
                    store.put(f"{source}/dt={today - timedelta(days=day)}/{number}.ndjson")
        found = Survey(TWO_DAYS)
        for _ in range(5):
            found.look(store)  # type: ignore[arg-type]
        store.listed = 0
        found.look(store)  # type: ignore[arg-type]
        listed.append(store.listed)
    assert listed[0] == listed[1]


@pytest.mark.parametrize("name", ["a/dt=2025-01-01/late.csv", "h/dt={today}/new.csv"])
def test_what_lands_in_a_large_folder_is_seen_at_once(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "SMALL", 10)
    today = datetime.now(UTC).date()
    for source in "abcdefgh":
        for day in (today, today - timedelta(days=9), date(2025, 1, 1)):
            (tmp_path / source / f"dt={day}").mkdir(parents=True)
            (tmp_path / source / f"dt={day}" / "1.csv").write_text("x")
    folder, found = FolderStore(tmp_path), Survey(TWO_DAYS)
    found.look(folder)
    mark, total = found.mark, found.total
    found.look(folder)
    assert (found.mark, found.total) == (mark, total)
    (tmp_path / name.format(today=today)).write_text("x")
    found.look(folder)
    assert found.mark != mark
    assert found.total not in ("", total)
