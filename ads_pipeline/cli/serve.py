"""`ads serve`."""

import os
from pathlib import Path

import click

from ads_pipeline.cli.common import settings


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
    _share_counts(loaded.home.absolute() / "api" / "metrics")
    import uvicorn

    click.echo(f"ads_pipeline: http://{host}:{port}", err=True)
    uvicorn.run(
        "ads_pipeline.api.app:create_app", factory=True, host=host, port=port, workers=workers, reload=reload, access_log=False,
        log_level="warning", server_header=False, timeout_graceful_shutdown=30,
        reload_dirs=[str(Path(__file__).parents[1])] if reload else None,
    )  # fmt: skip


def _share_counts(folder: Path) -> None:
    """Where the workers add up their counts (prometheus_client reads this when it is imported); emptied now."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.db"):
        path.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
