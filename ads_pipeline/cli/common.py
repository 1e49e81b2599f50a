"""What commands share: settings, an open warehouse, output as JSON, days as options."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import click
import msgspec

from ads_pipeline.cli.tables import JSON, SHOW_ALL, print_table
from ads_pipeline.days import parse_day
from ads_pipeline.errors import UsageError
from ads_pipeline.interrupts import INTERRUPTED, answering_interrupts
from ads_pipeline.log import configure_logging
from ads_pipeline.pipeline.run import Run, open_run, open_to_read
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.text import visible_json
from ads_pipeline.warehouse.warehouse import Warehouse

F = TypeVar("F", bound=Callable[..., Any])


def settings() -> Settings:
    """The settings of this process, logging configured by them."""
    loaded = load_settings()
    configure_logging(loaded)
    return loaded


@contextmanager
def reading() -> Iterator[tuple[Settings, Warehouse]]:
    """Settings, and a warehouse that is open to read."""
    loaded = settings()
    with interruptible(), open_to_read(loaded) as warehouse:
        yield loaded, warehouse


@contextmanager
def running() -> Iterator[tuple[Settings, Run]]:
    """Settings, and a run that has begun."""
    loaded = settings()
    with interruptible(), open_run(loaded) as run:
        yield loaded, run


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it, Ctrl-C is answered at once, whatever the engine does."""

    def tell() -> None:
        click.echo("\rInterrupted: what was begun is settled by the next run, and what it had not come to is loaded by it.", err=True)

    with answering_interrupts(tell, lambda: os._exit(INTERRUPTED)):
        yield


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
    """Refuse a range that ends before it begins.

    Raises:
        UsageError: it does.
    """
    if last < first:
        raise UsageError(f"the range ends ({last}) before it begins ({first}); swap --from and --to")


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")


def print_json(value: Any) -> None:
    """Print a value as JSON: days as YYYY-MM-DD, money as numbers with all their digits."""
    click.echo(visible_json(msgspec.json.format(JSON.encode(_plain(value)), indent=2).decode()))


def print_list(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    as_json: bool,
    *,
    keys: Collection[str],
    texts: Collection[str],
    remedy: str = SHOW_ALL,
) -> None:
    """Print rows as JSON, or the columns of them as a table; see `print_table`."""
    if as_json:
        print_json(rows)
    else:
        print_table(title, columns, [[row[column] for column in columns] for row in rows], keys=keys, texts=texts, remedy=remedy)


def _plain(value: Any) -> Any:
    """A value in JSON's own types and Decimal."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Decimal():
            return int(value) if value == value.to_integral_value() else Decimal(f"{value:f}".rstrip("0"))
        case date():  # a datetime too
            return value.isoformat()
    return value
