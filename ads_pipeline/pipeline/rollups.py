"""Rollups: one SELECT a file, from which table, view, report and rebuild all follow."""

from dataclasses import dataclass
from functools import cached_property

from ads_pipeline.errors import SettingsError, UsageError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.statements import NOTHING, Name, Names, Sql, collection, joined, statement

# ratio → numerator, what it is multiplied by, denominator; shown where a rollup has both
RATIOS = {
    "ctr": ("clicks", 1, "impressions"),
    "cvr": ("conversions", 1, "clicks"),
    "cpm": ("cost", 1000, "impressions"),
    "cpc": ("cost", 1, "clicks"),
    "cpa": ("cost", 1, "conversions"),
    "roas": ("revenue", 1, "cost"),
}


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
        """The view that people read."""
        return Name(f"{self.name}_report")

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Columns that are no aggregate states, `event_date` among them."""
        return tuple(name for name, kind in self.types.items() if not _is_state(kind))

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Columns that are aggregate states."""
        return tuple(name for name, kind in self.types.items() if _is_state(kind))

    @cached_property
    def ratios(self) -> tuple[str, ...]:
        """The ratios whose parts the rollup has."""
        return tuple(name for name, (above, _, below) in RATIOS.items() if above in self.metrics and below in self.metrics)

    def merged(self, metric: str) -> Sql:
        """The expression that merges a metric's states into its value."""
        function = _merge_function(self.types[metric])
        return statement("queries/merged_metric", function=Name(function), metric=Name(metric))

    def ratio(self, name: str) -> Sql:
        """The expression of a ratio over the merged metrics."""
        above, factor, below = RATIOS[name]
        return statement("queries/ratio", above=Name(above), factor=factor, below=Name(below), ratio=Name(name))


def _is_state(kind: str) -> bool:
    return kind.startswith(("SimpleAggregateFunction(", "AggregateFunction("))


def _merge_function(kind: str) -> str:
    function = kind.partition("(")[2].partition(",")[0].partition("(")[0].rstrip(")")
    return function if kind.startswith("Simple") else f"{function}Merge"


def rollup_names(settings: Settings) -> list[str]:
    """The rollups there are, by their files; opens no engine."""
    return list(rollup_files(settings))


def rollup_files(settings: Settings) -> dict[str, Sql]:
    """Each rollup's SELECT by name; opens no engine."""
    return collection("rollups", settings.sql_dir)


def describe_rollup(warehouse: Warehouse, name: str, select: Sql) -> Rollup:
    """A rollup with the columns that its SELECT yields.

    Raises:
        SettingsError: the SELECT has no day, or no metric.
    """
    columns = warehouse.rows(statement("queries/describe", select=select))
    rollup = Rollup(str(Name(name)).strip("`"), select, {column["name"]: column["type"] for column in columns})
    if rollup.types.get("event_date") != "Date" or not rollup.metrics:
        raise SettingsError(f"sql/rollups/{name}.sql has to yield event_date and at least one …SimpleState or …State column")
    return rollup


def made_rollup(warehouse: Warehouse, name: str, select: Sql) -> Rollup:
    """A rollup with the columns of its table: all that a user needs who sees rollups only."""
    columns = warehouse.rows(statement("queries/describe", select=statement("queries/all_of", table=Name(name))))
    return Rollup(name, select, {column["name"]: column["type"] for column in columns})


def all_rollups(warehouse: Warehouse) -> list[Rollup]:
    """Every rollup, as it was made."""
    return [made_rollup(warehouse, name, select) for name, select in rollup_files(warehouse.settings).items()]


def find_rollup(warehouse: Warehouse, name: str) -> Rollup:
    """One rollup by name, as it was made.

    Raises:
        UsageError: there is none of this name.
    """
    files = rollup_files(warehouse.settings)
    if name not in files:
        raise UsageError(f"there is no rollup {name!r}; there are: {', '.join(files)}")
    return made_rollup(warehouse, name, files[name])


def merged_select(rollup: Rollup, by: tuple[str, ...], shown: tuple[str, ...], where: Sql = NOTHING, table: Name | None = None) -> Sql:
    """A SELECT that merges states by some of the dimensions, with ratios of the merged values.

    Args:
        by: dimensions to group by; with none the result is one row.
        shown: metrics and ratios, in this order; what a ratio needs besides is merged without being shown.
        where: a clause `WHERE …` over the dimensions.
        table: what to read in place of the rollup's table, of the same shape.
    """
    parts = {name: (RATIOS[name][0], RATIOS[name][2]) if name in rollup.ratios else (name,) for name in shown}
    needed = dict.fromkeys(metric for metrics in parts.values() for metric in metrics)
    columns = [Sql(str(Name(column))) for column in by]
    return statement(
        "queries/merged_select",
        columns=joined(columns + [rollup.ratio(name) if name in rollup.ratios else Sql(str(Name(name))) for name in shown], ", "),
        inner=joined(columns + [rollup.merged(metric) for metric in needed], ", "),
        table=table or rollup.table,
        where=where,
        group=statement("queries/group_by", columns=Names(by)) if by else NOTHING,
    )


def report_select(rollup: Rollup) -> Sql:
    """What the rollup's report view shows: every day but the doubtful ones."""
    return merged_select(rollup, rollup.dimensions, rollup.metrics + rollup.ratios, statement("queries/where_sound"))


def create_report(warehouse: Warehouse, rollup: Rollup) -> None:
    """Make or renew the rollup's report view."""
    select = report_select(rollup)
    warehouse.run(statement("maintenance/rollup_report", view=rollup.report, select=select))
