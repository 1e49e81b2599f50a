"""A clean environment for every test; by default most tests run on chDB alone."""

import logging
import os
import shutil
from pathlib import Path

import pytest

MEMORY, ROOM = Path("/dev/shm"), 8 << 30
"""A file system in memory, and the bytes that it must have free for the tests to put their folders there: syncing to a disk is a
third of what many take. What a lost power leaves is tested by what is synced (tests/power), wherever it is written."""

if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees a developer's settings or .env."""
    for name in list(os.environ):
        if name.startswith(("ADS_", "DAGSTER_", "AWS_")) or name == "LOG_LEVEL":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of several engines runs on chDB by default; on the others with `-m slow`, or `-m further` where it is marked `each_engine`."""
    for item in items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if parameters.get("engine", "chdb") != "chdb":
            item.add_marker(pytest.mark.further if item.get_closest_marker("each_engine") else pytest.mark.slow)


@pytest.fixture(autouse=True)
def as_if_no_log_was_configured() -> None:
    """What a test before this one has made of the package's log, as a service does in this process, is undone."""
    log = logging.getLogger("ads_pipeline")
    log.propagate = True
    log.setLevel(logging.NOTSET)
