"""The command line `ads`: one file per command or group, imported when it is called."""

import atexit
import gc
import importlib
import logging
import sys
from io import TextIOWrapper
from types import ModuleType
from typing import Any

import click

from ads_pipeline import __version__
from ads_pipeline.errors import AdsError, TransientError
from ads_pipeline.interrupts import INTERRUPTED
from ads_pipeline.text import visible

# command → its line in `ads --help`; the module of the same name defines it
COMMANDS = {
    "init": "Create or update the database.",
    "ingest": "Load the drops that have landed.",
    "reload": "Load the drops of landed days again.",
    "backfill": "Rebuild rollup days from raw events.",
    "query": "Read a rollup.",
    "why": "Take a number of a rollup apart.",
    "history": "Show what a day came to, and each change since.",
    "close": "Close days: later changes are restatements.",
    "restatements": "List what changed of closed days.",
    "restate": "State closed days anew, as they are now.",
    "reconcile": "Compare a platform's totals with a rollup.",
    "check": "Run the data checks.",
    "status": "Show freshness, drops and sizes.",
    "doctor": "Check engine, settings and landing store.",
    "source": "List, draft, preview and test sources.",
    "rollup": "List rollups, test them, take one away.",
    "drops": "Show the ledger of drops; retry, dismiss, forget.",
    "erase": "Take people out of all that is kept.",
    "quarantine": "Show refused lines; replay or discard them.",
    "retention": "Drop raw days that are past retention.",
    "backup": "Copy the database into a folder or a bucket.",
    "restore": "Replace the database by that of a backup.",
    "generate": "Write realistic drops with known totals.",
    "demo": "Generate, ingest, check and show, in one go.",
    "dev": "Serve the Dagster UI.",
    "dagster": "Run Dagster in parts, each a process.",
    "serve": "Accept events over HTTP; serve drops and rollups.",
    "spool": "Check and salvage what the service has not landed.",
    "key": "Make an API key for the service.",
}


# imports make objects that stay: to look for garbage among them takes a tenth of a command's start, and a tenth of a second at its end
gc.set_threshold(50_000, 20, 20)
atexit.register(gc.freeze)


class Commands(click.Group):
    """A group that imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the usual order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; imports its module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(_module(f"ads_pipeline.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run; an expected error becomes one line and an exit code."""
        if isinstance(sys.stdout, TextIOWrapper):  # characters that its encoding lacks are escaped too
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except AdsError as error:
            click.echo(visible(f"Error: {error}"), err=True)
            hint = "; it may pass: run the command again" if isinstance(error, TransientError) else ""
            logging.getLogger(__name__).debug("failed%s", hint, exc_info=error)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except OSError as error:
            if error.errno is None or isinstance(error, BrokenPipeError):
                raise
            click.echo(visible(f"Error: {error.filename or 'a file'}: {error.strerror}"), err=True)
            sys.exit(1)


def _module(name: str) -> ModuleType:
    """A module; while it is imported for the first time, no garbage is looked for."""
    if name not in sys.modules:
        gc.disable()
        try:
            importlib.import_module(name)
        finally:
            gc.freeze()
            gc.enable()
    return sys.modules[name]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ads")
def main() -> None:
    """Exact daily rollups of advertising events: drops in, ClickHouse or chDB behind.

    Settings come from ADS_… variables or a .env file; docs/configuration.md lists them.
    """
