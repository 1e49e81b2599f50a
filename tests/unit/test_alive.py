"""Whether a run's process is there is told by signs that change; and the instance's file reaches homes of earlier versions."""

import logging
import time
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.dagster_run import RunOpConcurrency

from ads_pipeline.cli.dagster_home import SHIPPED, UNMARKED, dagster_home
from ads_pipeline.defs import alive, launcher
from ads_pipeline.defs.launcher import WatchingRunLauncher
from ads_pipeline.settings import load_settings

POOLS = RunOpConcurrency(root_key_counts={"engine": 1}, has_unconstrained_root_nodes=False, all_pools={"engine"})
RUN = dg.DagsterRun(job_name="ingest", run_id="r1", run_op_concurrency=POOLS)


def test_a_run_without_new_signs_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(launcher, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with dg.DagsterInstance.ephemeral() as instance:
        watching = WatchingRunLauncher()
        watching.register_instance(instance)

        def looks(seconds: float, sign: str = "") -> WorkerStatus:
            if sign:
                instance.daemon_cursor_storage.set_cursor_values({alive._key("r1"): sign})
            clock[0] += seconds
            return watching.check_run_worker_health(RUN).status

        assert [looks(15) for _ in range(4)] == [WorkerStatus.RUNNING] * 4
        assert looks(15, "1") == WorkerStatus.RUNNING
        assert looks(3600) == WorkerStatus.RUNNING, "whoever watches was asleep"
        assert [looks(15) for _ in range(4)] == [WorkerStatus.RUNNING] * 2 + [WorkerStatus.FAILED] * 2
        foreign = RUN._replace(run_op_concurrency=None)
        assert [watching.check_run_worker_health(foreign).status for _ in range(9)] == [WorkerStatus.RUNNING] * 9


def test_a_run_gives_signs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(alive, "SIGN_SECONDS", 0.05)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        with alive.giving_signs(instance, "r1"):
            signs: set[str] = set()
            deadline = time.monotonic() + 20
            while len(signs) < 3 and time.monotonic() < deadline:
                signs.add(alive.last_sign(instance, "r1"))
        assert len(signs) == 3
        assert alive.last_sign(instance, "r2") == ""


def test_the_instances_file_is_replaced_unless_it_was_edited(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(home=tmp_path)
    path = dagster_home(settings) / "dagster.yaml"
    written = path.read_text()
    assert written.startswith(SHIPPED.read_text())
    for text in ("nux:\n  enabled: true\n", SHIPPED.read_text().replace("15", "20")):
        newer = tmp_path / "newer.yaml"
        newer.write_text(text)
        monkeypatch.setattr("ads_pipeline.cli.dagster_home.SHIPPED", newer)
        dagster_home(settings)
        assert path.read_text().startswith(text)
    edited = path.read_text().replace("20", "30")
    path.write_text(edited)
    with caplog.at_level(logging.WARNING):
        dagster_home(settings)
    assert path.read_text() == edited
    assert "was edited and is left as it is" in caplog.text
    assert len(set(UNMARKED)) == 2
