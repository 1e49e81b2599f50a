"""`ads dev`."""

import os
import signal
import sys

import click

from ads_pipeline.cli.common import settings
from ads_pipeline.cli.dagster_home import dagster_environment


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
def dev(host: str, port: int) -> None:
    """Serve the Dagster UI, with the daemon that runs schedules and sensors. Ctrl-C stops it."""
    loaded = settings()
    environment = dagster_environment(loaded)
    click.echo(f"Dagster UI: http://{host}:{port}", err=True)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "ads_pipeline.definitions", "-h", host, "-p", str(port)]
    command += ["--log-level", loaded.log_level.lower(), "--log-format", "json" if loaded.log_format == "json" else "colored"]
    sys.stdout.flush()
    # a shell starts background jobs with SIGINT ignored; Dagster would inherit that, and never end
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(sys.executable, command, environment)
