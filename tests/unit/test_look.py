"""A look at a landing store leaves out folders of old days, and finds whatever changed that the store can tell of."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ads_pipeline.landing import Drop, FolderStore, Look
from ads_pipeline.landing.drops import drop_from

SINCE = date(2026, 11, 27)
LONG_AGO = 1_700_000_000
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
RECENT = ["a/dt=2026-11-27/1.csv", "a/dt=2026-11-28/1.csv", "a/zz.csv", "b/de/dt=2026-11-28/hour=01/1.csv", "c.csv", "dt=2026-11-29/1.csv"]
OLD = ["a/dt=2025-01-01/1.csv", "a/dt=2026-11-26/1.csv", "b/de/dt=2026-11-01/hour=01/1.csv", "dt=2026-01-01/1.csv"]
NO_DAYS = ["a/dt=2026-02-30x/1.csv", "d/dt=2026-13-01/1.csv"]


class Listing:
    """A listing of names in order, which counts what is asked of it."""

    def __init__(self, names: list[str]) -> None:
        self.names, self.begun, self.listed = sorted(names), 0, 0

    def __call__(self, after: str) -> Iterator[Drop]:
        self.begun += 1
        for name in self.names:
            if name > after:
                self.listed += 1
                yield drop_from(name, 1, "1", NOON)


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    for name in (*RECENT, *OLD):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    for path in [tmp_path, *tmp_path.rglob("*")]:
        os.utime(path, (LONG_AGO, LONG_AGO))
    return FolderStore(tmp_path)


def names(drops: Iterator[Drop]) -> list[str]:
    return [drop.name for drop in drops]


def test_old_days_are_left_out_of_a_listing_by_names() -> None:
    listing = Listing([*RECENT, *OLD, *NO_DAYS[1:]])
    assert names(Look(SINCE).through(listing, "")) == sorted([*RECENT, *NO_DAYS[1:]])
    assert names(Look(SINCE).through(listing, "a/zz.csv")) == [name for name in sorted([*RECENT, *NO_DAYS[1:]]) if name > "a/zz.csv"]


@pytest.mark.parametrize("days", [10, 300])
def test_the_cost_of_a_look_does_not_grow_with_the_days(days: int) -> None:
    first = SINCE.toordinal()
    listing = Listing(
        [f"{source}/dt={date.fromordinal(first - day)}/{n}.csv" for source in "abc" for day in range(-2, days) for n in range(9)]
    )
    assert len(names(Look(SINCE).through(listing, ""))) == 3 * 3 * 9
    assert (listing.begun, listing.listed) == (4, 3 * 3 * 9 + 3)


def test_a_folder_lists_old_days_only_if_they_have_changed(folder: FolderStore) -> None:
    look = Look(SINCE, LONG_AGO + 1)
    assert names(folder.list(look=look)) == sorted(RECENT)
    assert names(folder.list("a/zz.csv", look)) == [name for name in sorted(RECENT) if name > "a/zz.csv"]
    for name in ("a/dt=2026-11-26/0.csv", "b/de/dt=2026-11-01/hour=01/2.csv", "b/de/dt=2026-11-01/hour=02/1.csv", "dt=2024-02-29/1.csv"):
        (folder.root / name).parent.mkdir(exist_ok=True)
        (folder.root / name).write_text("x")
    late = {"a/dt=2026-11-26/0.csv", "b/de/dt=2026-11-01/hour=01/2.csv", "b/de/dt=2026-11-01/hour=02/1.csv", "dt=2024-02-29/1.csv"}
    beside = {"a/dt=2026-11-26/1.csv", "b/de/dt=2026-11-01/hour=01/1.csv"}
    assert names(folder.list(look=look)) == sorted({*RECENT, *late, *beside})
    assert names(folder.list()) == sorted({*RECENT, *OLD, *late})


def test_what_is_taken_out_of_an_old_folder_shows_too(folder: FolderStore) -> None:
    def marks() -> dict[str, str]:
        return {drop.name: drop.etag for drop in folder.list(look=Look(SINCE))}

    before = marks()
    assert [name for name in before if name.endswith("/")] == [
        "a/dt=2025-01-01/",
        "a/dt=2026-11-26/",
        "b/de/dt=2026-11-01/",
        "b/de/dt=2026-11-01/hour=01/",
        "dt=2026-01-01/",
    ]
    assert list(before) == sorted(before)
    (folder.root / "a/dt=2025-01-01/1.csv").unlink()
    changed = {name for name, etag in marks().items() if before.get(name) != etag}
    assert changed == {"a/dt=2025-01-01/"}
