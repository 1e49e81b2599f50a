"""Homes on chDB that are there at once: copied from one that `ads init` made, which takes a second."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from ads_pipeline.pipeline.run import apply_changes
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.folder import embedded_folder
from ads_pipeline.warehouse.opening import open_warehouse


@cache
def _made(retention_days: int, time_zone: str) -> Path:
    """The folder of an empty database, one for each process of tests."""
    home = Path(tempfile.mkdtemp(prefix="made-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    settings = load_settings(home=home, clickhouse_dsn="", retention_days=retention_days, timezone=time_zone)
    with open_warehouse(settings, write=True) as warehouse:
        apply_changes(warehouse, settings)
    return embedded_folder(settings.dsn)


def put_database(settings: Settings) -> None:
    """Let a home have its database as after `ads init`, if these settings mean chDB and there is none yet."""
    if settings.is_embedded and not (folder := embedded_folder(settings.dsn)).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(_made(settings.retention_days, settings.timezone), folder, symlinks=True)
