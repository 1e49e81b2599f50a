"""A backup that is restored: exact again, also what has landed since; nothing is counted twice."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import AdsError, UsageError
from ads_pipeline.pipeline.backup import make_backup, restore_backup
from ads_pipeline.pipeline.ingest import reload
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.folder import embedded_folder
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event
from tests.engine.test_quarantine import TODAY


@pytest.fixture
def place(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> str:
    """A folder for backups; that of a server is the server's."""
    return str(request.getfixturevalue("server").folder / "backups") if engine == "server" else str(tmp_path / "backups")


@pytest.fixture
def name(tmp_path: Path) -> str:
    return tmp_path.name


def destroy(settings: Settings) -> None:
    if settings.is_embedded:
        shutil.rmtree(embedded_folder(settings.dsn))
        return
    with open_warehouse(settings) as warehouse:
        warehouse.run(Sql(f"DROP DATABASE {settings.database} SYNC"))


def rollup(home: Home) -> list[dict[str, Any]]:
    return home.ask("SELECT event_date, campaign_id, clicks, cost FROM campaign_daily_report ORDER BY event_date, campaign_id")


def assert_exact(home: Home) -> None:
    results = [run_check(home.warehouse, home.settings, check) for check in all_checks(home.settings)]
    assert [result for result in results if not result.passed and result.severity == "error"] == []


@pytest.mark.further
@pytest.mark.each_engine
@pytest.mark.parametrize("engine", ["chdb", "server"], indirect=True)
@pytest.mark.parametrize("is_destroyed", [pytest.param(True, id="destroyed"), pytest.param(False, id="gone on", marks=pytest.mark.slow)])
def test_a_restored_database_is_exact_and_loads_what_has_landed_since(
    make_home: Callable[..., Home],
    place: str,
    name: str,
    is_destroyed: bool,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the lease that a backup was made under is in it, and this process is alive
    monkeypatch.setattr("ads_pipeline.warehouse.lease.TTL", 6.0)
    home = make_home()
    home.land("a.ndjson", event(1), event(2), event(2), "no json")
    home.land("b.ndjson", event(1, cost="3"), event(3, day=str(TODAY - timedelta(days=9))))
    home.ingest()
    before = rollup(home)
    home.warehouse.close()
    make_backup(home.settings, name, place)

    home = make_home()
    home.land("c.ndjson", event(4), event(2, cost="7"))
    home.ingest()
    whole = rollup(home)
    home.warehouse.close()
    if is_destroyed:
        destroy(home.settings)
    restore_backup(home.settings, name, place)

    caplog.clear()
    home = make_home()
    begin_run(home.warehouse, home.settings)
    assert rollup(home) == before
    assert_exact(home)
    assert [record for record in caplog.records if "waiting" not in record.message] == []
    assert home.ingest().counts.lines == 2
    assert rollup(home) == whole
    assert home.ingest().counts.lines == 0
    reload(begin_run(home.warehouse, home.settings), home.store, TODAY, TODAY)
    assert rollup(home) == whole
    assert_exact(home)


@pytest.mark.each_engine
@pytest.mark.parametrize("engine", ["chdb", "server"], indirect=True)
def test_what_cannot_be_restored_changes_nothing(make_home: Callable[..., Home], place: str, name: str) -> None:
    home = make_home()
    home.land("a.ndjson", event(1))
    home.ingest()
    before = rollup(home)
    home.warehouse.close()
    for unusable in ("", "../up", "a b", ".hidden"):
        with pytest.raises(UsageError, match="cannot be a backup's name"):
            make_backup(home.settings, unusable, place)
    make_backup(home.settings, name, place)
    with pytest.raises(AdsError, match="exists"):
        make_backup(home.settings, name, place)
    with pytest.raises(AdsError, match="no-such"):
        restore_backup(home.settings, "no-such", place)
    assert rollup(make_home()) == before


def test_a_cluster_is_refused(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, clickhouse_dsn="clickhouse://ads@localhost", cluster="ads")
    with pytest.raises(UsageError, match="BACKUP … ON CLUSTER"):
        make_backup(settings, "a")
