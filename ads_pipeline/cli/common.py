"""What commands share: settings, an open warehouse, output as table or JSON, days as options."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import click

from ads_pipeline.days import parse_day
from ads_pipeline.errors import UsageError
from ads_pipeline.log import configure_logging
from ads_pipeline.pipeline import schema
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.client import Warehouse

F = TypeVar("F", bound=Callable[..., Any])


def settings() -> Settings:
    """The settings of this process, logging configured by them."""
    loaded = load_settings()
    configure_logging(loaded)
    return loaded


@contextmanager
def opened(*, write: bool = False) -> Iterator[tuple[Settings, Warehouse]]:
    """Settings and an open warehouse; one to write to is in line with them."""
    loaded = settings()
    with schema.opened(loaded, write=write) as warehouse:
        yield loaded, warehouse


class _Day(click.ParamType[date]):
    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return parse_day(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


DAY = _Day()


def range_options(command: F) -> F:
    """Add `--from` and `--to`, both days included, as `first` and `last`."""
    command = click.option("--to", "last", type=DAY, required=True, help="Last day, included.")(command)
    return click.option("--from", "first", type=DAY, required=True, help="First day.")(command)


def check_range(first: date, last: date) -> None:
    """Refuse a range that ends before it begins."""
    if last < first:
        raise UsageError(f"the range ends ({last}) before it begins ({first}); swap --from and --to")


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, and nothing else there.")


def print_json(value: Any) -> None:
    """Print a value as JSON: days as YYYY-MM-DD, money as numbers."""
    json.dump(value, sys.stdout, default=_plain, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; numbers stand to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD)
    kept = [list(row) for row in rows]
    for place, column in enumerate(columns):
        numeric = bool(kept) and all(isinstance(row[place], (int, float, Decimal)) for row in kept if row[place] is not None)
        table.add_column(column, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for row in kept:
        table.add_row(*(_cell(cell) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table if kept else f"{title}: none" if title else "none")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6f}".rstrip("0").rstrip(".")
