"""Look for causes, as far as this user may: differences get their explanations, and what could not be looked for is said."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from ads_pipeline.errors import AdsError, EngineError, LandingError, MemoryLimitError, SettingsError
from ads_pipeline.pipeline.reconcile.compared import Comparison
from ads_pipeline.pipeline.reconcile.evidence import Evidence, Search
from ads_pipeline.pipeline.reconcile.explanations import explain
from ads_pipeline.pipeline.reconcile.result import Day, Difference
from ads_pipeline.pipeline.retention import kept_from
from ads_pipeline.pipeline.rollups import kept_select
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.error_codes import NO_RIGHT

MOST_DAYS = 1000
"""Days from the first to the last whose events are looked at: as many have a number."""


def explained(
    comparison: Comparison, settings: Settings, days: Sequence[Day], differences: Sequence[Difference]
) -> tuple[list[Difference], list[str]]:
    """Differences beyond the tolerance with their explanations, the others as they are; and notes."""
    off = [day.day for day in days if day.beyond]
    if not off:
        return list(differences), []
    found = Evidence(disagreeing={day.day for day in days if day.beyond == day.compared})
    try:
        kept = kept_from(comparison.warehouse, settings)
        select = kept_select(comparison.warehouse, settings, comparison.rollup.name)
    except EngineError as error:
        if error.code != NO_RIGHT:
            raise
        return list(differences), ["causes were not looked for: this user may read rollups, and neither events nor the ledger"]
    held = [day for day in off if kept <= day and day > off[-1] - timedelta(days=MOST_DAYS)]
    search = Search(comparison, settings, select, held or off[-1:], kept)
    for what, look in _searches(search, bool(held)).items():
        try:
            look(found)
        except (EngineError, MemoryLimitError, LandingError, SettingsError) as error:
            found.notes.append(_not_looked(what, error))
    most = max(map(len, found.shifts.values()), default=0)
    notes = [f"time zone: {most:,} of the days and keys that differ match when days are counted in {found.zones()}"] if most else []
    told = [replace(one, explanations=explain(one, comparison, found, kept)) if one.beyond else one for one in differences]
    return told, [*notes, *found.notes]


def _searches(search: Search, is_held: bool) -> dict[str, Callable[[Evidence], None]]:
    """What is looked for; without raw rows, only what does not need them."""
    of_raw: dict[str, Callable[[Evidence], None]] = {"late and repeated events": search.traits, "time zones": search.shifts}
    of_books = {
        "lines in quarantine": search.refused,
        "drops that are not loaded": search.missing,
        "drops that wait": search.waiting,
    }
    return (of_raw if is_held else {}) | of_books


def _not_looked(what: str, error: AdsError) -> str:
    if isinstance(error, EngineError) and error.code == NO_RIGHT:
        return f"{what} were not looked for: this user may not read them"
    return f"{what} were not looked for: {error}"[:300]
