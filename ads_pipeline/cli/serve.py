"""`ads serve`."""

import os
from pathlib import Path

import click

from ads_pipeline.cli.common import settings
from ads_pipeline.errors import SettingsError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, envvar="API_WORKERS", help="Processes that serve in parallel."
)
@click.option("--open", "is_open", is_flag=True, help="Serve without API keys, on a loopback address.")
@click.option("--reload", is_flag=True, help="Restart when the code changes, for development.")
def serve(host: str, port: int, workers: int, is_open: bool, reload: bool) -> None:
    """Accept events over HTTP and seal them into drops; serve drops and rollups.

    API keys come from ADS_API_KEYS (see `ads key`). http://HOST:PORT/ shows rollups, /docs describes the API. Ctrl-C stops it
    when everything accepted is sealed.
    """
    if is_open:
        os.environ["ADS_API_OPEN"] = "loopback"  # for the workers, which read the environment themselves
    loaded = settings()
    from ads_pipeline.api.access import check_exposure
    from ads_pipeline.landing import open_writable_store

    check_exposure(loaded, host)
    open_writable_store(loaded).check()
    from ads_pipeline.api.server import listen, run

    os.umask(os.umask(0o077) | 0o007)  # what it writes is events: for its user and group alone
    listening = listen(host, port)
    _prepare(loaded.home.absolute())
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"ads_pipeline: http://{shown}:{listening.getsockname()[1]}", err=True)
    run(listening, workers, reload=reload)


def _prepare(home: Path) -> None:
    """Make the folders, and empty the one in which the workers add up their counts (prometheus_client reads the variable at import)."""
    spool, counts = home / "spool", home / "api" / "metrics"
    try:
        for folder in (spool, counts):
            folder.mkdir(parents=True, exist_ok=True)
        for path in counts.glob("*.db"):
            path.unlink()
    except OSError as error:
        raise SettingsError(f"ADS_HOME is {home}, which cannot be written to ({error.strerror}): choose a folder of this user") from None
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts)
