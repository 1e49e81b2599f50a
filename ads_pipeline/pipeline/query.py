"""Read a rollup: one validated query, from which a table, a file or a DataFrame is made."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, TYPE_CHECKING, Any

from ads_pipeline.days import EARLIEST_DAY, LATEST_DAY
from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline import breakdown
from ads_pipeline.pipeline.availability import left_out, read_availability
from ads_pipeline.pipeline.lookups import SUFFIX, named_dimensions
from ads_pipeline.pipeline.rollups import Rollup, find_rollup, merged_select
from ads_pipeline.pipeline.run import open_to_read
from ads_pipeline.pipeline.stated import stated_table
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.statements import Name, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

# our name of a format → the engine's
FORMATS = {
    "table": "JSONCompactEachRow",
    "json": "JSONEachRow",
    "ndjson": "JSONEachRow",
    "csv": "CSVWithNames",
    "parquet": "Parquet",
    "arrow": "ArrowStream",
}


@dataclass(frozen=True, slots=True)
class RollupQuery:
    """A query with checked names, and the values of its parameters.

    Args:
        names: those of the columns that name the values of the dimension before them.
    """

    sql: Sql
    parameters: dict[str, Any]
    columns: tuple[str, ...]
    names: tuple[str, ...] = ()


def plan_query(
    rollup: Rollup,
    first: date | None = None,
    last: date | None = None,
    *,
    by: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None,
    order_by: Sequence[str] = (),
    limit: int | None = None,
    spreadsheet: bool = False,
    extras: breakdown.Extras = breakdown.NO_EXTRAS,
    named: Collection[str] = (),
    stated: bool = False,
) -> RollupQuery:
    """A query over event days from `first` to `last`, both included, without the doubtful ones (see `availability`).

    Args:
        by: dimensions to group by; all by default, none for one row of totals.
        metrics: metrics and ratios to show; all by default.
        where: values that a dimension may have, by dimension.
        order_by: columns shown, each with `-` before it or ` desc` after it to descend; default: the dimensions.
        limit: the maximum number of rows.
        spreadsheet: put `'` before texts that a spreadsheet would take for a formula.
        extras: the rest and the total as rows, a least volume, the period before.
        named: dimensions whose values have names (`lookups`): each is followed by a column of them.
        stated: closed days as they were stated last (`closing`), in place of what they are now.

    Raises:
        UsageError: an unknown name.
    """
    shown_by, shown = _shown(rollup, by, metrics)
    parameters: dict[str, Any] = {"first": first or EARLIEST_DAY, "last": last or LATEST_DAY}
    for place, (column, values) in enumerate((where or {}).items()):
        _known([column], rollup.dimensions, "dimension", rollup.name)
        parameters[f"values_{place}"] = list(values)
    columns = shown_by + breakdown.columns_of(rollup, shown, extras)
    order = tuple(_order(text, columns) for text in order_by) or tuple((Name(column), False) for column in shown_by)
    if limit is not None:
        parameters["limit"] = limit
    filtered, limited = tuple(where or ()), limit is not None
    table, more = stated_table(rollup) if stated else (rollup.table, {})
    parameters |= more
    if extras:
        _known(list(extras.least), rollup.metrics + rollup.ratios, "metric", rollup.name)
        parameters |= breakdown.breakdown_parameters(extras, first, last)
        order += tuple((Name(column), False) for column in shown_by if Name(column) not in dict(order))  # equal rows keep their places
        columns = (breakdown.PART,) * (extras.parted and bool(shown_by)) + columns
        sql = breakdown.breakdown_select(rollup, shown_by, shown, extras, table=table, filtered=filtered, order=order, limited=limited)
    else:
        sql = merged_select(rollup, shown_by, shown, table=table, in_range=True, filtered=filtered, order=order, limited=limited)
    if present := [column for column in shown_by if column in named]:
        sql, columns = _with_names(sql, columns, present)
        parameters |= {f"named_{place}": column for place, column in enumerate(present)}
    if texts := [Name(column) for column in columns if spreadsheet and "String" in rollup.types.get(column.removesuffix(SUFFIX), "")]:
        sql = statement("queries/spreadsheet", select=sql, texts=tuple(texts))
    return RollupQuery(sql, parameters, columns, tuple(column + SUFFIX for column in present))


def _shown(rollup: Rollup, by: Sequence[str] | None, metrics: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The dimensions, and the metrics and ratios, that are shown."""
    allowed = rollup.metrics + rollup.ratios
    shown_by = tuple(dict.fromkeys(rollup.dimensions if by is None else by))
    shown = tuple(dict.fromkeys(allowed if metrics is None else metrics))
    _known(shown_by, rollup.dimensions, "dimension", rollup.name)
    _known(shown, allowed, "metric", rollup.name)
    if not shown_by + shown:
        raise UsageError(f"nothing to show: name a dimension ({', '.join(rollup.dimensions)}) or a metric ({', '.join(allowed)})")
    return shown_by, shown


def _with_names(sql: Sql, columns: tuple[str, ...], named: Sequence[str]) -> tuple[Sql, tuple[str, ...]]:
    """The query with the names of some dimensions (the parameters `named_0`, …), and its columns."""
    if taken := sorted({column + SUFFIX for column in named} & {*columns}):
        raise UsageError(f"the rollup has a column {taken[0]!r} of its own, which names would need: leave out the names")
    names = {
        column: statement("queries/name_of", dimension=Name(column), place=place, column=Name(column + SUFFIX))
        for place, column in enumerate(named)
    }
    parts = tuple(part for column in columns for part in ((Name(column), names[column]) if column in names else (Name(column),)))
    shown = tuple(part for column in columns for part in ((column, column + SUFFIX) if column in named else (column,)))
    return statement("queries/with_names", columns=parts, select=sql), shown


def _order(text: str, columns: tuple[str, ...]) -> tuple[Name, bool]:
    """A column to order by, and whether it descends."""
    words = text.strip().split()
    descending = text.strip().startswith("-") or (len(words) == 2 and words[1].lower() == "desc")
    if len(words) > 2 or (len(words) == 2 and words[1].lower() not in ("asc", "desc")):
        raise UsageError(f"cannot order by {text!r}: write a column, or `column desc`")
    column = words[0].removeprefix("-") if words else ""
    _known([column], columns, "column to order by")
    return Name(column), descending


def _known(names: Sequence[str], allowed: Sequence[str], what: str, rollup: str = "") -> None:
    for name in names:
        if name not in allowed:
            raise UsageError(f"unknown {what} {name!r}{rollup and f' of {rollup}'}; there are: {', '.join(allowed)}")


def parse_names(text: str | None) -> list[str] | None:
    """Names separated by commas; None stays None."""
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def parse_conditions(texts: Iterable[str]) -> dict[str, list[str]]:
    """Conditions `COL=VALUE`, as the values that each column may have.

    Raises:
        UsageError: a condition without `=`.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        column, sign, value = text.partition("=")
        if not sign:
            raise UsageError(f"the condition {text!r} has no =: write COL=VALUE, for example country=DE")
        found[column.strip()].append(value)
    return found


def run_raw(warehouse: Warehouse, query: RollupQuery, form: str) -> bytes:
    """The result as the engine writes it, in one of `FORMATS`; money stays exact."""
    return warehouse.raw(_as(form, query), FORMATS[form], **query.parameters)


def write_raw(warehouse: Warehouse, query: RollupQuery, form: str, file: IO[bytes]) -> None:
    """The same, written to a file as it is made; see `Warehouse.write`."""
    warehouse.write(_as(form, query), FORMATS[form], file, **query.parameters)


def _as(form: str, query: RollupQuery) -> Sql:
    return statement("queries/output", select=query.sql, as_array=form == "json")


def query_rollup(
    rollup: str,
    first: date | None = None,
    last: date | None = None,
    *,
    by: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None,
    order_by: Sequence[str] = (),
    limit: int | None = None,
    names: bool = False,
    stated: bool = False,
    settings: Settings | None = None,
) -> "pd.DataFrame":
    """A rollup as a pandas DataFrame, with the meaning of `ads query`; see `plan_query` for the arguments.

    With `names`, dimensions that have a file of names are followed by a column of them (`campaign_id_name`).
    Days are dates, counts integers, money Decimals in the currency of the events, ratios floats (NaN for a division by zero).
    A warning in the log names the days that are left out, if there are any.
    """
    settings = settings or load_settings()
    with open_to_read(settings) as warehouse:
        available = read_availability(warehouse, [rollup])
        found = find_rollup(warehouse, settings, rollup, available.facts)
        named = named_dimensions(warehouse) if names else ()
        query = plan_query(
            found, first, last, by=by, metrics=metrics, where=where, order_by=order_by, limit=limit, named=named, stated=stated
        )
        if days := available.left_out_between(first, last):
            log.warning("%s", left_out(days))
        frame: pd.DataFrame = warehouse.frame(query.sql, **query.parameters)
        return frame.reindex(columns=list(query.columns))
