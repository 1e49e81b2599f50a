"""One writer at a time: two that start together, one that died, one that was paused and wakes up."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import AdsError, TransientError
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse import lease
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse
from tests.commands import finished, start
from tests.engine.test_exactness import rollup_rows, truth
from tests.engine.test_kill import RUN, assert_exact, prepare_drops
from tests.servers import Server
from tests.waiting import wait_until


def drops_of(home: Path) -> tuple[Settings, list[list[dict[str, Any]]]]:
    """Six drops, three of them loaded already, and a batch for each two."""
    return prepare_drops(home, batch_drops=2)


def assert_exact_and_green(settings: Settings, drops: list[list[dict[str, Any]]]) -> None:
    assert_exact(settings, drops)
    with open_warehouse(settings, write=True) as warehouse:
        failed = [result for check in all_checks(settings) if not (result := run_check(warehouse, settings, check)).passed]
    assert [result for result in failed if result.severity == "error"] == []


@pytest.mark.further
def test_two_ingests_started_together_both_end_well(database: Server, tmp_path: Path) -> None:
    settings, drops = drops_of(tmp_path / "home")
    both = [start(settings.home, "ingest", "--json", batch_drops="1") for _ in range(2)]
    reports = [json.loads(process.communicate()[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(report["drops"] for report in reports) == [0, 3]
    assert_exact_and_green(settings, drops)


@pytest.mark.further
def test_a_writer_that_was_killed_is_not_waited_for(database: Server, tmp_path: Path) -> None:
    settings, drops = drops_of(tmp_path)
    process = paused(settings.home, 20)
    process.kill()
    process.communicate()
    started = time.monotonic()
    assert_exact_and_green(settings, drops)
    assert time.monotonic() - started < lease.TTL


@pytest.mark.further
def test_a_writer_of_another_machine_is_waited_for_until_its_lease_runs_out(
    database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, drops = drops_of(tmp_path)
    process = paused(settings.home, 20)
    process.kill()
    process.communicate()
    monkeypatch.setattr(lease, "_machine", lambda: "another")
    with pytest.raises(TransientError, match=r"another run is writing to this database \(process \d+ on .*, renewed \d+ s ago\)"):
        open_warehouse(settings, write=True, wait=0.5)
    monkeypatch.setattr(lease, "TTL", 2)
    assert_exact_and_green(settings, drops)


@pytest.mark.further
def test_reading_waits_for_nobody(database: Server, tmp_path: Path) -> None:
    settings, _ = drops_of(tmp_path)
    with open_warehouse(settings, write=True):
        for command in (["query", "campaign_daily"], ["check"], ["status"], ["drops", "list"], ["quarantine", "list"], ["doctor"]):
            code, output, errors = finished(start(settings.home, *command), timeout=60)
            assert code == 0, output + errors
            assert "waiting" not in errors


def paused(home: Path, place: int) -> "subprocess.Popen[str]":
    """A run that has stopped before a statement."""
    command = [sys.executable, RUN, str(home), str(place), "ingest", "STOP"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(process.communicate()[1])
        if Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError("it did not stop")


@pytest.fixture(scope="session")
def counted() -> dict[str, int]:
    """How many statements a run has when it is not stopped."""
    return {}


@pytest.mark.further
@pytest.mark.parametrize("share", [n / 8 if n == 3 else pytest.param(n / 8, marks=pytest.mark.slow) for n in range(1, 8)])
def test_a_writer_that_was_paused_and_wakes_up_does_no_harm(
    database: Server, tmp_path: Path, share: float, counted: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it does next: the run that took over has done its work, and the totals stay exact."""
    if not counted:
        settings, _ = drops_of(tmp_path / "counted")
        command = [sys.executable, RUN, str(settings.home), "-1", "ingest", "STOP"]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        counted["all"] = int(result.stdout)
        monkeypatch.setenv("ADS_DATABASE", f"{os.environ['ADS_DATABASE']}_2")
    settings, drops = drops_of(tmp_path)
    process = paused(settings.home, int(share * counted["all"]))
    monkeypatch.setattr(lease, "TTL", 1)
    time.sleep(1)
    with open_warehouse(settings, write=True) as warehouse:
        ingest(begin_run(warehouse, settings), open_store(settings))
        process.send_signal(signal.SIGCONT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0 or "lost the write lease to another run" in errors or "scratch_" in errors, errors
    with open_warehouse(settings) as warehouse:
        assert rollup_rows(warehouse) == truth(drops)[1]
    assert_exact_and_green(settings, drops)


def lingering(warehouse: Warehouse, database: Server) -> tuple[threading.Thread, list[AdsError]]:
    """A statement of a minute that is running, and the errors that end it."""
    errors = []

    def linger() -> None:
        try:
            warehouse.run(Sql("SELECT sleepEachRow(0.1) FROM numbers(600) SETTINGS max_block_size = 1 FORMAT Null"))
        except AdsError as error:
            errors.append(error)

    thread = threading.Thread(target=linger)
    thread.start()
    with database.connect() as client:
        running = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleepEachRow%'"
        wait_until(lambda: client.query(running).result_rows[0][0] == 1)
    return thread, errors


@pytest.mark.further
def test_what_a_dead_writer_left_running_is_ended_first(database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, drops = drops_of(tmp_path)
    dead = open_warehouse(settings, write=True)
    statement_of_the_dead, errors = lingering(dead, database)
    monkeypatch.setattr(lease, "_is_dead", lambda claim: True)
    started = time.monotonic()
    assert_exact_and_green(settings, drops)
    statement_of_the_dead.join(10)
    assert not statement_of_the_dead.is_alive()
    assert time.monotonic() - started < 30
    assert "killed" in str(errors[0]) or "cancelled" in str(errors[0]), errors


@pytest.mark.further
def test_a_lease_that_cannot_begin_is_given_back(database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(home=tmp_path)
    dead = open_warehouse(settings, write=True)
    statement_of_the_dead, errors = lingering(dead, database)
    with monkeypatch.context() as patched:
        patched.setattr(lease, "_is_dead", lambda claim: True)
        patched.setattr(lease, "QUIET_SECONDS", -1)
        with pytest.raises(TransientError, match="statements of an earlier run do not end"):
            open_warehouse(settings, write=True)
    statement_of_the_dead.join(10)
    assert len(errors) == 1
    dead.close()
    open_warehouse(settings, write=True, wait=0.5).close()


@pytest.mark.further
def test_two_claims_at_once_make_one_writer(database: Server, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    open_warehouse(settings, write=True).close()
    held, most, lock = 0, [0], threading.Lock()

    def write() -> None:
        nonlocal held
        for _ in range(3):
            with open_warehouse(settings, write=True):
                with lock:
                    held += 1
                    most.append(held)
                time.sleep(0.05)
                with lock:
                    held -= 1

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(most) == 13


@pytest.mark.further
def test_revisions_grow_from_writer_to_writer(database: Server, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    seen = []
    for _ in range(3):
        with open_warehouse(settings, write=True) as warehouse:
            seen += [warehouse.next_revision() for _ in range(3)]
            assert warehouse.value(statement("lease/newest")) * 1_000_000 < seen[-1]
    assert seen == sorted(set(seen))
