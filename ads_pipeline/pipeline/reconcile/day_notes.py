"""What is to be known of the days of a comparison: those left out, not settled, not over, or of one side only."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from ads_pipeline.days import today
from ads_pipeline.pipeline.availability import left_out
from ads_pipeline.pipeline.reconcile.compared import Comparison
from ads_pipeline.pipeline.reconcile.result import Day
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.error_codes import if_allowed
from ads_pipeline.warehouse.statements import statement


def day_notes(comparison: Comparison, settings: Settings, days: Sequence[Day]) -> list[str]:
    """One sentence for each kind of day that people should know of."""
    warehouse, first, last = comparison.warehouse, comparison.reading.first, comparison.reading.last
    notes, doubtful = list[str](), comparison.left_out
    if doubtful:
        notes.append(left_out(doubtful))
    unsettled = [day for day in _unsettled(comparison) if first <= day <= last and day not in doubtful]
    if unsettled:
        notes.append(f"not settled: {_span(unsettled)}; a run changes these days, or the next one completes them: compare again then")
    if last >= (now := today(settings.timezone, warehouse.now())):
        notes.append(f"not over: {now} in {settings.timezone}; its figures still grow")
    theirs, ours = {day.day for day in days if day.in_theirs}, {day.day for day in days if day.in_ours}
    every = {first + timedelta(days=number) for number in range((last - first).days + 1)} - set(doubtful)
    if gone := sorted((every & ours) - theirs):
        notes.append(f"the file has no row of {_span(gone)}, which the rollup has")
    if gone := sorted((every & theirs) - ours):
        notes.append(f"the rollup has nothing of {_span(gone)}, which the file has")
    keys = comparison.reading.columns.keys
    if keys and theirs & ours and not any(day.in_both for day in days):
        columns = " and ".join(f"{column!r}" for column in keys.values())
        notes.append(f"no day and key is in both: is {columns} of the file what the rollup calls {' and '.join(keys)}?")
    return notes


def _unsettled(comparison: Comparison) -> list[date]:
    rows = if_allowed(lambda: comparison.warehouse.rows(statement("queries/unsettled"))) or []
    return sorted({row["event_date"] for row in rows})


def _span(days: Iterable[date]) -> str:
    """Days in words, the first few of many."""
    listed = list(days)
    return ", ".join(map(str, listed[:5])) + (f" and {len(listed) - 5:,} more days" if len(listed) > 5 else "")
