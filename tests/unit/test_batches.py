"""The drops of a run are cut into batches by bytes and count, in their order, urgent ones apart."""

import io
import pickle
from datetime import UTC, datetime

import pytest

from ads_pipeline.landing.drops import drop_from
from ads_pipeline.pipeline.due import PAGE, DueDrops
from ads_pipeline.pipeline.ledger import Entry


def due_of(sizes: list[int], urgent: int = 0) -> DueDrops:
    """Due drops, the first of them urgent."""
    entries = []
    for number, size in enumerate(sizes):
        drop = drop_from(f"events/{number:06}.ndjson", size, "etag", datetime(2026, 11, 1, tzinfo=UTC))
        assert drop
        entries.append(Entry(drop, urgent=number < urgent))
    file = io.BytesIO()
    for first in range(0, len(entries), PAGE):
        pickle.dump(entries[first : first + PAGE], file)
    due = DueDrops(file)
    due.drops = len(entries)
    return due


@pytest.mark.parametrize(
    ("sizes", "urgent", "most_bytes", "most_drops", "cut"),
    [
        ([], 0, 100, 10, []),
        ([50, 50], 0, 100, 10, [[50, 50]]),
        ([50, 51], 0, 100, 10, [[50], [51]]),
        ([500, 1, 1], 0, 100, 10, [[500], [1, 1]]),
        ([1, 500, 1], 0, 100, 10, [[1], [500], [1]]),
        ([1] * 5, 0, 100, 2, [[1, 1], [1, 1], [1]]),
        ([1] * 5, 2, 100, 10, [[1, 1], [1, 1, 1]]),
        ([1] * 3, 3, 100, 10, [[1, 1, 1]]),
    ],
)
def test_where_batches_are_cut(sizes: list[int], urgent: int, most_bytes: int, most_drops: int, cut: list[list[int]]) -> None:
    batches = list(due_of(sizes, urgent).batches(most_bytes, most_drops))
    assert [[entry.drop.size for entry in batch] for batch in batches] == cut
    names = [entry.drop.name for batch in batches for entry in batch]
    assert names == sorted(names)


def test_pages_do_not_show() -> None:
    batches = list(due_of([1] * (2 * PAGE + 1)).batches(1 << 30, PAGE + 1))
    assert [len(batch) for batch in batches] == [PAGE + 1, PAGE]
