"""Runs whose process is killed, with or without everything around it, and cancelled ones: the drops are loaded, nobody acting.

A process that holds the embedded engine keeps a run from ending before its time; everything else is as `ads dev` runs it.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterEventType, DagsterRunStatus, RunsFilter

from ads_pipeline.cli.dagster_home import dagster_home
from ads_pipeline.defs.runs import LOADED
from ads_pipeline.generate import generate
from ads_pipeline.settings import load_settings
from tests.commands import ADS, ads, environment_of
from tests.servers import free_ports

HOLD = "import sys, clickhouse_connect as c; held = c.get_client(dsn=sys.argv[1]); print('held', flush=True); sys.stdin.read()"


class Home:
    """A home with drops, `ads dev` on it, and what its instance knows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        generate(path / "landing", events=2000, days=3, drops=6, duplicates=5, corrections=5, malformed=2)
        (path / "landing" / "events" / "dt=2026-01-02").mkdir()  # of a day that no schedule covers by itself
        (path / "landing" / "events" / "dt=2026-01-02" / "old.ndjson").write_text("no json\n")
        self.instance = dg.DagsterInstance.from_config(str(dagster_home(load_settings(home=path))))
        (self.port,) = free_ports(1)

    def start(self) -> None:
        with (self.path / "dev.log").open("a") as log:
            command = [ADS, "dev", "--port", str(self.port)]
            self.served = subprocess.Popen(command, env=environment_of(self.path), stdout=log, stderr=log)

    def kill(self) -> None:
        """Every process of this home, but for those of this test, as when a machine or a container goes."""
        mark = f"DAGSTER_HOME={self.path / 'dagster'}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)
        self.served.wait()

    @contextlib.contextmanager
    def engine_held(self) -> Iterator[None]:
        dsn = f"chdb://{self.path}/clickhouse"
        holder = subprocess.Popen([sys.executable, "-c", HOLD, dsn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.communicate()

    def runs(self, *statuses: DagsterRunStatus) -> list[dg.DagsterRun]:
        return list(self.instance.get_runs(RunsFilter(job_name="ingest", statuses=list(statuses) or None)))

    def process_of(self, run: dg.DagsterRun) -> int:
        logs = self.instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT)
        found = [re.search(r"Started process for run \(pid: (\d+)\)", entry.message) for entry in logs]
        return next(int(match[1]) for match in found if match)

    def wait(self, what: Callable[[], object], seconds: float) -> float:
        began = time.monotonic()
        while not what():
            assert time.monotonic() - began < seconds, (self.path / "dev.log").read_text()[-5000:]
            time.sleep(0.1)
        return time.monotonic() - began

    def is_loaded(self) -> bool:
        return any(run.tags.get(LOADED) == run.run_id for run in self.runs())

    def statuses(self) -> set[str]:
        listed = ads(self.path, "drops", "list", "--json")
        assert listed.returncode == 0, listed.stderr
        return {drop["status"] for drop in json.loads(listed.stdout)} if len(json.loads(listed.stdout)) == 7 else {"missing"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    home.start()
    yield home
    home.kill()
    home.instance.dispose()


def started(home: Home) -> dg.DagsterRun:
    home.wait(lambda: home.runs(DagsterRunStatus.STARTED), 120)
    return home.runs(DagsterRunStatus.STARTED)[0]


@pytest.mark.further
def test_a_run_whose_process_is_killed_is_retried_by_itself(home: Home) -> None:
    with home.engine_held():
        run = started(home)
        os.kill(home.process_of(run), signal.SIGKILL)
        home.wait(lambda: home.runs(DagsterRunStatus.FAILURE), 60)
    home.wait(home.is_loaded, 120)
    assert home.statuses() == {"loaded"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_that_was_killed_with_everything_around_it_ends_and_its_drops_are_loaded(home: Home) -> None:
    with home.engine_held():
        started(home)
        home.kill()
    home.start()
    assert home.wait(lambda: home.runs(DagsterRunStatus.FAILURE), 150) < 150
    home.wait(home.is_loaded, 150)
    assert home.statuses() == {"loaded"}
    assert not home.instance.event_log_storage.get_concurrency_run_ids()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_that_was_killed_with_everything_around_it_while_it_started_is_retried(home: Home) -> None:
    home.wait(lambda: home.runs(DagsterRunStatus.STARTING), 120)
    home.kill()
    assert home.runs(DagsterRunStatus.STARTING), "the run had started before it was killed: this test would show nothing"
    home.start()
    home.wait(home.is_loaded, 300)
    assert home.statuses() == {"loaded"}
    home.wait(lambda: not home.instance.event_log_storage.get_concurrency_run_ids(), 60)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_drops_of_a_cancelled_run_are_asked_for_again(home: Home) -> None:
    with home.engine_held():
        run = started(home)
        query = {"query": "mutation($run: String!) { terminateRun(runId: $run) { __typename } }", "variables": {"run": run.run_id}}
        request = urllib.request.Request(f"http://127.0.0.1:{home.port}/graphql", json.dumps(query).encode())
        request.add_header("Content-Type", "application/json")
        assert "TerminateRunSuccess" in urllib.request.urlopen(request).read().decode()
        home.wait(lambda: home.runs(DagsterRunStatus.CANCELED), 10)
        told = [entry.message for entry in home.instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT)]
        assert any(message.startswith("Cancelled: ") for message in told)
    home.wait(home.is_loaded, 240)
    assert home.statuses() == {"loaded"}
