"""`ads serve`."""

import os
import socket
import sys
from pathlib import Path

import click

from ads_pipeline.cli.common import settings
from ads_pipeline.errors import AdsError, SettingsError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that take requests side by side.")
@click.option("--open", "is_open", is_flag=True, help="Serve without API keys, on a loopback address.")
@click.option("--reload", is_flag=True, help="Start anew when the code changes, for development.")
def serve(host: str, port: int, workers: int, is_open: bool, reload: bool) -> None:
    """Take events over HTTP and seal them into drops; serve drops and rollups.

    API keys come from ADS_API_KEYS (see `ads key`). http://HOST:PORT/ shows rollups, /docs describes the service. Ctrl-C ends it,
    when everything taken is sealed.
    """
    if is_open:
        os.environ["ADS_API_OPEN"] = "loopback"  # for the workers, which read the environment themselves
    loaded = settings()
    from ads_pipeline.api.access import check_exposure

    check_exposure(loaded, host)
    from ads_pipeline.landing import open_writable_store

    open_writable_store(loaded).check()
    bound = _bound(host, port)
    _prepare(loaded.home.absolute())
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"ads_pipeline: http://{shown}:{bound.getsockname()[1]}", err=True)
    _run(bound, workers, reload=reload)


def _bound(host: str, port: int) -> socket.socket:
    """The port, taken before anything of a service that has it already is touched."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise AdsError(f"port {port} of {host} cannot be served ({reason}): end what has it, or choose another --port") from None


def _prepare(home: Path) -> None:
    """Make the folders, and empty that of the counts, which workers add up there (prometheus_client reads the variable when imported)."""
    spool, counts = home / "spool", home / "api" / "metrics"
    try:
        for folder in (spool, counts):
            folder.mkdir(parents=True, exist_ok=True)
        for path in counts.glob("*.db"):
            path.unlink()
    except OSError as error:
        raise SettingsError(f"ADS_HOME is {home}, where nothing can be written ({error.strerror}): choose a folder of this user") from None
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts)


def _run(bound: socket.socket, workers: int, *, reload: bool) -> None:
    """Serve until told to end."""
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import ChangeReload, Multiprocess

    from ads_pipeline.cli.protocol import BoundedProtocol

    config = uvicorn.Config(
        "ads_pipeline.api.app:create_app", factory=True, http=BoundedProtocol, workers=workers, reload=reload, access_log=False,
        log_level="warning", server_header=False, timeout_graceful_shutdown=30,
        reload_dirs=[str(Path(__file__).parents[1])] if reload else None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    try:
        if reload:
            ChangeReload(config, target=server.run, sockets=[bound]).run()
        elif workers > 1:
            supervisor = Multiprocess(config, sockets=[bound])
            supervisor.run()
            if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
                sys.exit(STARTUP_FAILURE)
        else:
            server.run(sockets=[bound])
    except KeyboardInterrupt:  # everything is sealed by now
        pass
    except SystemExit as error:
        raise AdsError("the service could not start: see above") from error
