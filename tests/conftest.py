"""A clean environment for every test."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees a developer's settings or .env."""
    for name in list(os.environ):
        if name.startswith(("ADS_", "DAGSTER_", "AWS_")) or name == "LOG_LEVEL":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
