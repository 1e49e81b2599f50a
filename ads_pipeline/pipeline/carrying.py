"""Carry days of a rollup that can no longer be recomputed over to a table of other types: which columns fit, and how they are converted.

An aggregate state cannot be converted as a value can. What is known here: a simple state is its value, and the state of a sum of decimals
can be made anew from its value.
"""

import re

from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.statements import Name, Sql, statement

_SIMPLE = re.compile(r"SimpleAggregateFunction\((\w+), (?:Decimal\(\d+, (\d+)\)|U?Int\d+|Float\d+)\)")
_SUM = re.compile(r"AggregateFunction\((sum|sumIf), Decimal\(\d+, (\d+)\)(, UInt8)?\)")


def carried_columns(old: Rollup, new: Rollup) -> tuple[dict[str, Name | Sql], list[str]]:
    """The columns of the new table that days of the old one can fill, each with its value, and the metrics that would be lost.

    A metric that the old table lacks is neither: it is empty on these days.
    """
    found = {column: _value(column, old.types[column], kind, new) for column, kind in new.types.items() if column in old.types}
    return {column: value for column, value in found.items() if value}, [column for column, value in found.items() if not value]


def _value(column: str, before: str, kind: str, new: Rollup) -> Name | Sql | None:
    if column in new.dimensions or before == kind or _is_wider(before, kind):
        return Name(column)
    old_sum, new_sum = _SUM.fullmatch(before), _SUM.fullmatch(kind)
    if old_sum and new_sum and old_sum[1] == new_sum[1] and int(old_sum[2]) <= int(new_sum[2]):
        return statement("maintenance/carried_sum", metric=Name(column), decimals=int(new_sum[2]), kind=Sql(kind))
    return None


def _is_wider(before: str, kind: str) -> bool:
    """Whether both are simple states of one function over numbers, and no decimals are lost."""
    old, new = _SIMPLE.fullmatch(before), _SIMPLE.fullmatch(kind)
    return bool(old and new and old[1] == new[1] and int(old[2] or 0) <= int(new[2] or 0))
