"""A rollup as people read it: the first rows by some order, all others as one, the total, and each beside the period before.

The engine makes every figure from the states: a ratio from sums, distinct users merged, so that no row is added up from others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ads_pipeline.days import EARLIEST_DAY
from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.rollups import RATIOS, Rollup
from ads_pipeline.warehouse.statements import NOTHING, Name, Names, Part, Sql, statement

PART = "part"
"""The column that says what a row is: `row`, `other` (all rows that are not shown) or `total`."""

BEFORE, CHANGE = "_before", "_change"
"""What the columns of a comparison end with: the value of the period before, and the change as a share of it."""

_NUMBER = re.compile(
    r"SimpleAggregateFunction\(\w+, (Nullable\()?(U?Int|Decimal|Float)|AggregateFunction\((uniq|count|sum|avg)(?!\w*(Map|Array))"
)

Order = tuple[tuple[Name, bool], ...]


@dataclass(frozen=True, slots=True)
class Extras:
    """What is asked for beside the rows.

    Args:
        compare: each value beside that of as many days right before.
        other: all rows beyond the limit or below the least volume, as one.
        totals: one row of everything that the conditions let through.
        least: metrics with the value that a row has to reach to be shown by itself.
    """

    compare: bool = False
    other: bool = False
    totals: bool = False
    least: Mapping[str, Decimal] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.compare or self.other or self.totals or self.least)

    @property
    def parted(self) -> bool:
        """Whether rows say what they are."""
        return self.other or self.totals

    def since(self, first: date | None, last: date | None) -> date | None:
        """The first day that is read.

        Raises:
            UsageError: a comparison of days that have no end.
        """
        if not self.compare:
            return first
        if first is None or last is None:
            raise UsageError("a comparison with the period before needs the first and the last day")
        return max(EARLIEST_DAY, first - timedelta(days=(last - first).days + 1))


NO_EXTRAS = Extras()


_LEAST = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")


def parse_least(texts: Sequence[str]) -> dict[str, Decimal]:
    """Conditions `METRIC=NUMBER`, as the value that each metric has to reach.

    Raises:
        UsageError: a condition without `=`, or without a number.
    """
    found = {}
    for text in texts:
        metric, _, number = text.partition("=")
        if not _LEAST.fullmatch(number.strip()):
            raise UsageError(f"the least volume {text!r} is not METRIC=NUMBER: write for example impressions=1000")
        found[metric.strip()] = Decimal(number.strip())
    return found


def columns_of(rollup: Rollup, shown: Sequence[str], extras: Extras) -> tuple[str, ...]:
    """The columns of the metrics and ratios shown."""
    columns = tuple(column for name in shown for column in ((name, *_compared(rollup, name)) if extras.compare else (name,)))
    if twice := sorted(
        {name for name in columns if columns.count(name) > 1} | ({PART} & {*columns, *rollup.dimensions} if extras.parted else set())
    ):
        raise UsageError(
            f"{rollup.name} has a column {twice[0]!r} of its own, which this answer needs: leave out compare, other and totals"
        )
    return columns


def _compared(rollup: Rollup, name: str) -> tuple[str, ...]:
    is_number = name in rollup.ratios or _NUMBER.match(rollup.types[name])
    return (name + BEFORE, name + CHANGE) if is_number else (name + BEFORE,)


def breakdown_select(
    rollup: Rollup,
    by: tuple[str, ...],
    shown: tuple[str, ...],
    extras: Extras,
    *,
    table: Name | Sql | None = None,
    filtered: tuple[str, ...],
    order: Order,
    limited: bool,
) -> Sql:
    """The SELECT of a breakdown, with the parameters of `breakdown_parameters` and those of `merged_select`."""
    source = statement("queries/periods", table=table or rollup.table, filtered=Names(filtered))
    parted = bool(by) and (extras.parted or limited or bool(extras.least))
    if parted:
        ranked: Sql = NOTHING
        if limited or extras.least:
            ordered = [_base(str(column).strip("`"), by, rollup) for column, _ in order]
            ranking = tuple(dict.fromkeys([name for name in ordered if name not in by] + list(extras.least)))
            groups = _grouped(rollup, by, ranking, source, extras.compare)
            ranked = statement(
                "queries/ranked", by=Names(by), groups=groups, least=Names(tuple(extras.least)), order=order, limited=limited
            )
        source = statement("queries/parted", by=Names(by), ranked=ranked, source=source)
    return _grouped(rollup, by, shown, source, extras.compare, parted=parted, marked=extras.parted, order=order)


def _base(column: str, by: tuple[str, ...], rollup: Rollup) -> str:
    """The metric, ratio or dimension that a column to order by is made of."""
    if column in (*by, *rollup.metrics, *rollup.ratios):
        return column
    return column.removesuffix(BEFORE).removesuffix(CHANGE)


def _grouped(
    rollup: Rollup,
    by: tuple[str, ...],
    shown: tuple[str, ...],
    source: Sql,
    compare: bool,
    *,
    parted: bool = False,
    marked: bool = False,
    order: Order = (),
) -> Sql:
    needed = dict.fromkeys(
        metric for name in shown for metric in ((RATIOS[name][0], RATIOS[name][2]) if name in rollup.ratios else (name,))
    )
    keys = ((PART,) if parted else ()) + by
    columns: list[Part] = [*Names(((PART,) if parted and marked else ()) + by)]
    for name in shown:
        columns.append(rollup.ratio(name) if name in rollup.ratios else Name(name))
        if compare:
            columns.append(rollup.ratio(name, BEFORE) if name in rollup.ratios else Name(name + BEFORE))
            if len(_compared(rollup, name)) > 1:
                columns.append(statement("queries/change", now=Name(name), before=Name(name + BEFORE), change=Name(name + CHANGE)))
    merged = [_merged(rollup, metric, before) for metric in needed for before in ((False, True) if compare else (False,))]
    if not merged:
        merged = [Sql("count()")]
    return statement(
        "queries/breakdown", columns=tuple(columns), merged=tuple(merged), keys=Names(keys), source=source, parted=parted, order=order
    )


def _merged(rollup: Rollup, metric: str, before: bool) -> Sql:
    value = Name(metric + BEFORE if before else metric)
    return statement(
        "queries/merged_of_period", function=Name(f"{rollup.merge_function(metric)}If"), metric=Name(metric), before=before, value=value
    )


def breakdown_parameters(extras: Extras, first: date | None, last: date | None) -> dict[str, Any]:
    """The values that a breakdown needs beside those of any query.

    Raises:
        UsageError: a comparison of days that have no end.
    """
    since = extras.since(first, last) or EARLIEST_DAY
    parts = ["row"] + ["other"] * extras.other + ["total"] * extras.totals
    shift = (last - first).days + 1 if extras.compare and first and last else 0
    least = {f"least_{place}": f"{value:f}" for place, value in enumerate(extras.least.values())}
    return {"since": since, "shift": shift, "parts": parts, **least}
