"""What a reconciliation finds: totals, days, and the days and keys that differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ads_pipeline.pipeline.reconcile.reading import Reading


@dataclass(frozen=True, slots=True)
class Total:
    """One metric of all days and keys; `percent` is of theirs, None where theirs is 0."""

    metric: str
    theirs: Decimal
    ours: Decimal

    @property
    def difference(self) -> Decimal:
        """Ours less theirs."""
        return self.ours - self.theirs

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of theirs, to four decimals."""
        return round(self.difference * 100 / abs(self.theirs), 4) if self.theirs else None


@dataclass(frozen=True, slots=True)
class Difference:
    """A day and key whose figures differ.

    Args:
        only_in: `theirs`, `ours`, or empty where both have it.
        line: the first line of the file that has it; 0 where none has.
        theirs, ours: by metric.
        beyond: whether a metric differs by more than its tolerance.
        explanations: what the difference comes from, as far as it is known; the surest first.
    """

    day: date
    keys: Mapping[str, str]
    only_in: str
    line: int
    file_rows: int
    theirs: Mapping[str, Decimal]
    ours: Mapping[str, Decimal]
    beyond: bool
    explanations: Sequence[str] = ()

    @property
    def differences(self) -> dict[str, Decimal]:
        """Ours less theirs, by metric."""
        return {metric: self.ours[metric] - self.theirs[metric] for metric in self.theirs}


@dataclass(frozen=True, slots=True)
class Day:
    """One event day of the comparison: how many keys each side has, and the sums by metric."""

    day: date
    in_theirs: int
    in_ours: int
    in_both: int
    differing: int
    beyond: int
    theirs: Mapping[str, Decimal]
    ours: Mapping[str, Decimal]

    @property
    def compared(self) -> int:
        """How many keys the file or the rollup has."""
        return self.in_theirs + self.in_ours - self.in_both


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a comparison found.

    Args:
        differences: beyond the tolerance first, by the size of the difference in money if money is compared, else in the first metric.
        notes: what was left out or taken for granted, one sentence each.
    """

    rollup: str
    first: date
    last: date
    reading: Reading
    days: Sequence[Day]
    differences: Sequence[Difference]
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def totals(self) -> list[Total]:
        """Each metric, all days and keys added up."""
        return [
            Total(metric, _sum(day.theirs[metric] for day in self.days), _sum(day.ours[metric] for day in self.days))
            for metric in self.reading.columns.metrics
        ]

    @property
    def beyond(self) -> int:
        """How many days and keys differ by more than the tolerance."""
        return sum(day.beyond for day in self.days)

    @property
    def compared(self) -> int:
        """How many days and keys the file or the rollup has."""
        return sum(day.compared for day in self.days)

    @property
    def differing(self) -> int:
        """How many days and keys differ at all."""
        return sum(day.differing for day in self.days)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal())
