"""Why a day and key differ, in words: only what the figures bear out; what they do not is said to be unexplained."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Literal

from ads_pipeline.pipeline.reconcile.compared import Comparison
from ads_pipeline.pipeline.reconcile.evidence import LATE_HOURS, Amounts, Evidence, Refused, added
from ads_pipeline.pipeline.reconcile.result import Difference

UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class _Cause:
    """What would make ours differ by `effect`; metrics in `unknown` may differ by anything."""

    kind: Literal["quarantined", "duplicates", "late"]
    told: str
    effect: Amounts
    unknown: frozenset[int] = frozenset()

    @property
    def text(self) -> str:
        return f"{self.kind}: {self.told}"


def explain(one: Difference, comparison: Comparison, found: Evidence, kept: date) -> list[str]:
    """Where a difference beyond the tolerance comes from: causes that make it up, or what may be a part of it with the rest unexplained.

    Args:
        kept: the first day whose raw rows are kept.
    """
    side = {"theirs": ["only in the file"], "ours": ["only in the rollup"], "": []}[one.only_in]
    row = _Row(one, comparison)
    place = (one.day, tuple(one.keys.values()))
    if row.is_rounding():
        return [f"rounding: {row.rounding()}"]
    causes = list(_causes(found, place, row))
    for count in range(1, 4):
        for chosen in combinations(causes, count):
            if row.is_made_up_of(chosen) and len({cause.kind for cause in chosen}) == count:
                return [*side, *(cause.text for cause in chosen)]
    if zones := found.zones(place):
        return [*side, f"time zone: matches when days are counted in {zones}"]
    return [*side, *_parts(found, place, row, causes, kept)]


@dataclass(frozen=True, slots=True)
class _Row:
    """The figures of a difference: ours less theirs, and how much each metric may differ."""

    one: Difference
    comparison: Comparison

    @property
    def metrics(self) -> list[str]:
        return list(self.one.theirs)

    @property
    def difference(self) -> Amounts:
        return tuple(self.one.differences.values())

    @property
    def room(self) -> Amounts:
        """How much each metric may be off: its tolerance, and what rounding of the file's rows may do."""
        rounded = (half * self.one.file_rows for half in self.comparison.halves)
        allowed = (self.comparison.allowed(self.one.theirs[metric], metric) for metric in self.metrics)
        return tuple(one + other for one, other in zip(allowed, rounded, strict=True))

    def is_made_up_of(self, causes: Sequence[_Cause]) -> bool:
        """Whether these causes together leave nothing of the difference, and there was any."""
        rest, unknown = self.difference, {place for cause in causes for place in cause.unknown}
        for cause in causes:
            rest = tuple(amount - effect for amount, effect in zip(rest, cause.effect, strict=True))
        return bool(self._off(self.difference) - unknown) and not self._off(rest) - unknown

    def _off(self, amounts: Amounts) -> set[int]:
        """The metrics that are off by more than they may be."""
        return {place for place, (amount, room) in enumerate(zip(amounts, self.room, strict=True)) if abs(amount) > room}

    def is_rounding(self) -> bool:
        return not self._off(self.difference)

    def rounding(self) -> str:
        digits = self.comparison.reading.digits
        metrics = [metric for metric, amount in zip(self.metrics, self.difference, strict=True) if amount]
        rows = f"{self.one.file_rows:,} rows" if self.one.file_rows > 1 else "1 row"
        return ", ".join(f"{metric} has {digits[metric]} decimals in the file ({rows})" for metric in metrics)

    def told(self, amounts: Amounts) -> str:
        """Amounts with their metrics, those that are 0 left out."""
        parts = [f"{_plain(amount)} {metric}" for metric, amount in zip(self.metrics, amounts, strict=True) if amount]
        return ", ".join(parts) or "nothing that counts"


def _causes(found: Evidence, place: tuple[date, tuple[str, ...]], row: _Row) -> Iterator[_Cause]:
    """Causes whose amounts are known."""
    if place in found.refused and found.refused[place].amounts:
        refused = found.refused[place]
        total = _total(refused.amounts.values())
        unknown = frozenset(
            number
            for number, metric in enumerate(row.metrics)
            if any(f"invalid:{metric}" in because.split() for because in refused.amounts)
        )
        yield _Cause("quarantined", _refused_text(refused, row), _negative(total), unknown)
    if place in found.traits:
        traits = found.traits[place]
        if any(traits.repeated):
            yield _Cause("duplicates", f"{row.told(traits.repeated)} received again and counted once", _negative(traits.repeated))
        for number in range(len(LATE_HOURS), found.agreeing_late.get(place[0], 0), -1):
            late = _total(amounts for level, amounts in traits.late.items() if level >= number)
            tells = place[0] not in found.disagreeing or late != tuple(row.one.ours.values())
            if number in traits.late and any(late) and tells:
                yield _Cause("late", f"{row.told(late)} landed more than {LATE_HOURS[number - 1]} h after the day had ended", late)


def _parts(found: Evidence, place: tuple[date, tuple[str, ...]], row: _Row, causes: Sequence[_Cause], kept: date) -> list[str]:
    """What may be a part of a difference that no causes make up."""
    day, less = place[0], any(amount < 0 for amount in row.difference)
    told = [cause.text for cause in causes if less and cause.kind != "late"]
    told += [cause.text for cause in causes if cause.kind == "late" and any(amount > 0 for amount in row.difference)][-1:]
    if place in found.traits and any(found.traits[place].corrected):
        told.append(f"corrected: {row.told(found.traits[place].corrected)} as later content of the same events says")
    if less:
        told += [_missing_text(found, one) for one in (day, day + timedelta(days=1)) if found.missing.get(one)]
        told += [_ignored_text(*found.ignored[day])] if day in found.ignored else []
        told += [f"landing gap: nothing of {source} landed on {day}" for source in found.gaps.get(day, ())]
    if day < kept:
        told.append(f"raw rows expired (kept from {kept} on), so events were not looked at")
    return [*told, "the rest is unexplained" if told else UNEXPLAINED]


def _missing_text(found: Evidence, landed: date) -> str:
    drops = found.missing[landed]
    count = "1 drop" if len(drops) == 1 else f"{len(drops):,} drops"
    more = f" and {len(drops) - 3:,} more" if len(drops) > 3 else ""
    return f"missing drop: {count} that landed on {landed} {'is' if len(drops) == 1 else 'are'} not loaded ({', '.join(drops[:3])}{more})"


def _ignored_text(lines: int, reasons: Mapping[str, int]) -> str:
    why = ", ".join(f"{int(count):,} {reason}" for reason, count in sorted(reasons.items()) if reason)
    return f"ignored: {lines:,} {'line' if lines == 1 else 'lines'} of this day's drops{f' ({why})' if why else ''}, whatever their key"


def _refused_text(refused: Refused, row: _Row) -> str:
    parts = []
    for because, amounts in refused.amounts.items():
        count = refused.lines.get(because, 0)
        lines = f"{count:,} {'line' if count == 1 else 'lines'} " if count else ""
        parts.append(f"{lines}{because} ({row.told(amounts)})")
    return ", ".join(parts)


def _negative(amounts: Amounts) -> Amounts:
    return tuple(-amount for amount in amounts)


def _total(many: Iterable[Amounts]) -> Amounts:
    total: Amounts = ()
    for amounts in many:
        total = added(total, amounts)
    return total


def _plain(amount: Decimal) -> str:
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
