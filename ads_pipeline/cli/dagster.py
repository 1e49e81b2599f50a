"""`ads dagster`: the parts of a Dagster deployment, each as a process of its own."""

import os
import signal
import sys

import click

from ads_pipeline.cli.common import settings
from ads_pipeline.cli.dagster_home import dagster_environment, write_workspace
from ads_pipeline.settings import Settings

CODE_PORT = 4000

code_server_option = click.option(
    "--code-server",
    default=f"localhost:{CODE_PORT}",
    show_default=True,
    metavar="HOST:PORT",
    envvar="ADS_CODE_SERVER",
    help="Where `ads dagster code` answers.",
)


@click.group()
def dagster() -> None:
    """Run Dagster in parts: code server, webserver and daemon, in containers or under a service manager.

    They share Dagster's records (ADS_DAGSTER_DSN, or ADS_HOME on one machine); runs are processes of the code server. `ads dev` is all
    of them in one.
    """


@dagster.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=CODE_PORT, show_default=True)
def code(host: str, port: int) -> None:
    """Serve the definitions to webserver and daemon, and run the runs."""
    loaded = settings()
    options = ["-h", host, "-p", str(port), "-m", "ads_pipeline.definitions", "--location-name", "ads_pipeline.definitions"]
    _become(loaded, ["-m", "dagster", "code-server", "start", *options, "--log-level", _level(loaded), *_format(loaded)])


@dagster.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
@code_server_option
def webserver(host: str, port: int, code_server: str) -> None:
    """Serve the Dagster UI. It has no login of its own: put a proxy with one in front."""
    loaded = settings()
    levels = ["--dagster-log-level", _level(loaded), "--uvicorn-log-level", _level(loaded), *_format(loaded)]
    options = ["-h", host, "-p", str(port), "-w", str(write_workspace(loaded, code_server)), *levels]
    _become(loaded, ["-m", "dagster_webserver", *options])


@dagster.command()
@code_server_option
def daemon(code_server: str) -> None:
    """Run schedules, sensors, the queue of runs and the watch over them. One at a time for one deployment."""
    loaded = settings()
    options = ["-w", str(write_workspace(loaded, code_server)), "--log-level", _level(loaded), *_format(loaded)]
    _become(loaded, ["-m", "dagster._daemon", "run", *options])


@dagster.command()
def alive() -> None:
    """End with 0 if the daemon has given signs of life lately: for health checks."""
    _become(settings(), ["-m", "dagster._daemon", "liveness-check"])


def _level(loaded: Settings) -> str:
    return loaded.log_level.lower()


def _format(loaded: Settings) -> list[str]:
    return ["--log-format", "json" if loaded.log_format == "json" else "colored"]


def _become(loaded: Settings, arguments: list[str]) -> None:
    """Replace this process by a Dagster process of this home."""
    environment = dagster_environment(loaded)
    sys.stdout.flush()
    # a shell starts background jobs with SIGINT ignored; Dagster would inherit that, and never end
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(sys.executable, [sys.executable, *arguments], environment)
