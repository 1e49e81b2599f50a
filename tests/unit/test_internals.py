"""Internals of libraries that no public name gives are there, as they are used. `test_architecture` names them and caps the versions."""

import inspect
from collections.abc import Callable

import dagster as dg
import pytest
from clickhouse_connect.driver.httpclient import HttpClient


def _raw_request() -> bool:
    """`HttpConnection.send` streams a body and binds parameters in one request."""
    parameters = list(inspect.signature(HttpClient._raw_request).parameters)
    return parameters[:4] == ["self", "data", "params", "headers"]


def _run_health() -> bool:
    """The launcher answers Dagster's run monitoring."""
    from dagster._core.launcher import CheckRunHealthResult, WorkerStatus

    result = CheckRunHealthResult(WorkerStatus.FAILED, "gone")
    asked = ("supports_check_run_worker_health", "check_run_worker_health")
    return (result.status, result.msg) == (WorkerStatus.FAILED, "gone") and all(hasattr(dg.DefaultRunLauncher, name) for name in asked)


def _event_storage() -> bool:
    """Housekeeping deletes the file of each run, and the results of its checks."""
    from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable

    return (
        hasattr(SqliteEventLogStorage, "path_for_shard")
        and hasattr(SqlEventLogStorage, "index_connection")
        and "run_id" in AssetCheckExecutionsTable.c
    )


INTERNALS: dict[str, tuple[str, Callable[[], bool]]] = {
    "clickhouse_connect.driver.httpclient.HttpClient._raw_request": ("clickhouse-connect", _raw_request),
    "dagster._core.launcher.CheckRunHealthResult and WorkerStatus": ("dagster", _run_health),
    "dagster._core.storage.event_log": ("dagster", _event_storage),
}


@pytest.mark.parametrize("internal", INTERNALS)
def test_an_internal_that_is_used_is_there(internal: str) -> None:
    library, is_there = INTERNALS[internal]
    purpose = is_there.__doc__
    remedy = f"{internal} is gone or has changed in this version of {library}, and is needed: {purpose} Adapt that, then move the cap."
    try:
        assert is_there(), remedy
    except (ImportError, AttributeError, TypeError) as error:
        pytest.fail(f"{remedy} ({error})")
