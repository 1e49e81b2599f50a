"""A clean environment for every test, and no engine in unit tests."""

import os
import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees a developer's settings or .env."""
    for name in list(os.environ):
        if name.startswith(("ADS_", "DAGSTER_", "AWS_")) or name == "LOG_LEVEL":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def no_engine_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test that opens an engine fails."""
    if "unit" in Path(request.node.path).parts:

        def refuse(*args: object, **kwargs: object) -> None:
            raise AssertionError("a unit test opened an engine")

        for module in ("ads_pipeline.warehouse.chdb", "clickhouse_connect"):
            if module in sys.modules and hasattr(sys.modules[module], "clickhouse_connect"):
                monkeypatch.setattr(sys.modules[module].clickhouse_connect, "get_client", refuse)  # type: ignore[attr-defined]
