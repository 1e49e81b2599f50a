"""Rollups: one SELECT a file, from which table, view, report and rebuild all follow."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from ads_pipeline.errors import SetApartError, SettingsError, UsageError
from ads_pipeline.pipeline.availability import read_facts
from ads_pipeline.pipeline.rollup_facts import MADE, Facts, apart_of, kept_in
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Name, Names, Sql, collection, statement
from ads_pipeline.warehouse.warehouse import Warehouse

# ratio → numerator, factor, denominator; shown if a rollup has both metrics
RATIOS = {
    "ctr": ("clicks", 1, "impressions"),
    "cvr": ("conversions", 1, "clicks"),
    "cpm": ("cost", 1000, "impressions"),
    "cpc": ("cost", 1, "clicks"),
    "cpa": ("cost", 1, "conversions"),
    "roas": ("revenue", 1, "cost"),
}


VIEWS = ("_view", "_report", "_stated")
"""What the names of a rollup's views end with."""


@dataclass(frozen=True)
class Rollup:
    """A daily aggregate as its file and the engine describe it.

    `types` has each column of the SELECT with its type, in order.
    """

    name: str
    select: Sql
    types: dict[str, str]

    @property
    def table(self) -> Name:
        """The table that holds the states."""
        return Name(self.name)

    @property
    def view(self) -> Name:
        """The materialised view that feeds the table."""
        return Name(f"{self.name}_view")

    @property
    def report(self) -> Name:
        """The view to query."""
        return Name(f"{self.name}_report")

    @property
    def stated(self) -> Name:
        """The view to query for closed days as they were stated."""
        return Name(f"{self.name}_stated")

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Columns that are not aggregate states, `event_date` among them."""
        return tuple(name for name, kind in self.types.items() if not _is_state(kind))

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Columns that are aggregate states."""
        return tuple(name for name, kind in self.types.items() if _is_state(kind))

    @cached_property
    def money(self) -> tuple[str, ...]:
        """Metrics that are exact decimal numbers."""
        return tuple(name for name in self.metrics if "Decimal(" in self.types[name] and not self.merge_function(name).startswith("uniq"))

    @cached_property
    def ratios(self) -> tuple[str, ...]:
        """The ratios whose parts the rollup has."""
        return tuple(name for name, (above, _, below) in RATIOS.items() if above in self.metrics and below in self.metrics)

    def merged(self, metric: str) -> Sql:
        """The expression that merges a metric's states into its value."""
        return statement("queries/merged_metric", function=Name(self.merge_function(metric)), metric=Name(metric))

    def merge_function(self, metric: str) -> str:
        """The function that merges a metric's states."""
        return _merge_function(self.types[metric])

    def ratio(self, name: str, suffix: str = "") -> Sql:
        """The expression of a ratio over the merged metrics, or over those whose names end with the suffix."""
        above, factor, below = RATIOS[name]
        return statement("queries/ratio", above=Name(above + suffix), factor=factor, below=Name(below + suffix), ratio=Name(name + suffix))


def follows(select: Sql, checksum: str) -> bool:
    """Whether a SELECT takes the place of one of an earlier release, as its heading says by the checksum of that one."""
    return bool(checksum) and f"follows: {checksum}" in select.heading.splitlines()


def _is_state(kind: str) -> bool:
    return kind.startswith(("SimpleAggregateFunction(", "AggregateFunction("))


def _merge_function(kind: str) -> str:
    function = kind.partition("(")[2].partition(",")[0].partition("(")[0].rstrip(")")
    return function if kind.startswith("Simple") else f"{function}Merge"


def rollup_names(settings: Settings) -> list[str]:
    """The names of all rollup files; opens no engine."""
    return list(rollup_files(settings))


def rollup_files(settings: Settings) -> dict[str, Sql]:
    """Each rollup's SELECT by name; opens no engine. Files whose name cannot be used are left out, see `refused_files`."""
    refused = refused_files(settings)
    return {name: select for name, select in _found(settings).items() if name not in refused}


def refused_files(settings: Settings) -> dict[str, str]:
    """Rollup files that cannot be used because of their name or encoding, each with the reason; opens no engine."""
    found = _found(settings)
    names = {name: _refusal(name, set(found)) for name in found}
    no_text = {name: f"sql/rollups/{name}.sql is not UTF-8" for name, select in found.items() if "\ufffd" in select.text}
    return {name: f"{reason}: rename sql/rollups/{name}.sql" for name, reason in names.items() if reason} | no_text


def _found(settings: Settings) -> dict[str, Sql]:
    return collection("rollups", settings.sql_dir, errors="replace")


def _refusal(name: str, names: set[str]) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,127}", name):
        return "its name must have only letters, digits and underscores, begin with a letter, and be at most 128 characters long"
    if name in shipped_tables() or name.startswith("scratch_"):
        return "its name is reserved for a table of the pipeline"
    if other := next((other for other in sorted(names) if name in {f"{other}{end}" for end in VIEWS}), ""):
        return f"its name is that of a view of the rollup {other}"
    return ""


@cache
def shipped_tables() -> frozenset[str]:
    """Names that no rollup can have: tables and views of the pipeline, and its other assets."""
    found = [sql.text for kind in ("migrations", "lease") for sql in collection(kind).values()]
    made = re.compile(r"^CREATE (?:OR REPLACE )?(?:TABLE|VIEW)(?: IF NOT EXISTS)? (\w+)", re.MULTILINE)
    return frozenset(name for text in found for name in made.findall(text)) | {"landing", "load"}


def describe_rollup(warehouse: Warehouse, name: str, select: Sql) -> Rollup:
    """A rollup with the columns that its SELECT yields.

    Raises:
        SettingsError: the SELECT has no day, or no metric.
    """
    rollup = Rollup(str(Name(name)).strip("`"), select, _types_of(warehouse, select))
    if rollup.types.get("event_date") != "Date" or not rollup.metrics:
        raise SettingsError(f"sql/rollups/{name}.sql has to yield event_date and at least one …SimpleState or …State column")
    return rollup


def made_rollup(warehouse: Warehouse, name: str, select: Sql) -> Rollup:
    """A rollup with the columns of its table: all that a user needs who sees rollups only."""
    return Rollup(name, select, column_types(warehouse, name))


def column_types(warehouse: Warehouse, table: str) -> dict[str, str]:
    """The columns of a table or view, with their types."""
    return _types_of(warehouse, statement("queries/all_of", table=Name(table)))


def _types_of(warehouse: Warehouse, select: Sql) -> dict[str, str]:
    return {column["name"]: column["type"] for column in warehouse.rows(statement("queries/describe", select=select))}


def all_rollups(warehouse: Warehouse, settings: Settings) -> list[Rollup]:
    """Every rollup that is kept, whether it has a file or not; without those set apart."""
    kept = _kept_selects(warehouse, rollup_files(settings), read_facts(warehouse))
    return [made_rollup(warehouse, name, select) for name, select in kept.items()]


def _kept_selects(warehouse: Warehouse, files: Mapping[str, Sql], facts: Facts) -> dict[str, Sql]:
    """The SELECTs of the rollups kept. A user who may read rollups only, and so no facts, goes by the reports, which exist if kept."""
    if facts:
        return kept_in(facts, files)
    reports = warehouse.column(statement("queries/tables_named"), names=[f"{name}_report" for name in files])
    return {name: select for name, select in files.items() if f"{name}_report" in reports}


def find_rollup(warehouse: Warehouse, settings: Settings, name: str, facts: Facts | None = None) -> Rollup:
    """One rollup by name.

    Args:
        facts: what `read_availability` has found, if it has been called.

    Raises:
        UsageError: the name is unknown.
        SetApartError: it is set apart.
        SettingsError: it is not created yet.
    """
    return made_rollup(warehouse, name, kept_select(warehouse, settings, name, facts))


def kept_select(warehouse: Warehouse, settings: Settings, name: str, facts: Facts | None = None) -> Sql:
    """The SELECT that a rollup is kept by; raises as `find_rollup` does."""
    files = rollup_files(settings)
    facts = read_facts(warehouse) if facts is None else facts
    kept = _kept_selects(warehouse, files, facts)
    if name in kept:
        return kept[name]
    if note := apart_of(facts, name):
        raise SetApartError(f"rollup {name} is set apart: {note.reason}. It comes back by itself when its SQL file or the data is fixed")
    if reason := refused_files(settings).get(name):
        raise SetApartError(f"rollup {name} is set apart: {reason}")
    if MADE + name in facts and name not in files:
        raise SettingsError(f"rollup {name} was created by an earlier release and has no SQL file: put it back into sql/rollups")
    if name in files:
        reason = "" if facts else ", or set apart, or not given to this user: see `ads rollup list` and `ads init --users`"
        raise SettingsError(f"rollup {name} is not made yet{reason or ': run `ads init`'}")
    raise UsageError(f"unknown rollup {name!r}; there are: {', '.join(sorted({*files, *kept}))}")


def merged_select(
    rollup: Rollup,
    by: tuple[str, ...],
    shown: tuple[str, ...],
    *,
    table: Name | Sql | None = None,
    of_day: bool = False,
    in_range: bool = False,
    filtered: tuple[str, ...] = (),
    order: tuple[tuple[Name, bool], ...] = (),
    limited: bool = False,
) -> Sql:
    """A SELECT that merges states by some of the dimensions, with ratios of the merged values; without doubtful days.

    Args:
        by: dimensions to group by; with none the result is one row.
        shown: metrics and ratios, in this order; other metrics that a ratio needs are merged and not shown.
        table: a table of the same columns, or a SELECT in brackets, to read in place of the rollup's.
        of_day: only the day of the parameter `day`, doubtful or not.
        in_range: only days from the parameter `first` to `last`.
        filtered: dimensions that have one of the values of the parameters `values_0`, `values_1`, …
        order: columns to order by, each with whether it descends.
        limited: at most as many rows as the parameter `limit` says.
    """
    parts = {name: (RATIOS[name][0], RATIOS[name][2]) if name in rollup.ratios else (name,) for name in shown}
    needed = dict.fromkeys(metric for metrics in parts.values() for metric in metrics)
    return statement(
        "queries/rollup",
        columns=(*Names(by), *(rollup.ratio(name) if name in rollup.ratios else Name(name) for name in shown)),
        merged=(*Names(by), *(rollup.merged(metric) for metric in needed)),
        table=table or rollup.table,
        by=Names(by),
        of_day=of_day,
        in_range=in_range,
        filtered=Names(filtered),
        order=order,
        limited=limited,
    )


def report_select(rollup: Rollup) -> Sql:
    """The SELECT of the rollup's report: every day except doubtful ones."""
    return merged_select(rollup, rollup.dimensions, rollup.metrics + rollup.ratios)
