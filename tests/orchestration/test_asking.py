"""The sensor asks for a run until one has loaded what had landed; runs are made up, and the landing store is a real folder."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRunStatus as Status

from ads_pipeline.definitions import build_defs
from ads_pipeline.defs.resources import Engine
from ads_pipeline.defs.runs import LOADED, Runs
from ads_pipeline.defs.sensors import LONG_PAUSE, PERSISTENT, why_not
from ads_pipeline.defs.sensors import Cursor as SensorCursor
from ads_pipeline.pipeline.ledger import ask_for_ingest
from ads_pipeline.settings import Settings, load_settings


class Watched:
    """A code location whose sensor is ticked by hand; `restart` begins with a new process's memory."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.settings, self.instance, self.cursor = settings, instance, ""
        self.restart()

    def restart(self) -> None:
        self.sensor = build_defs(self.settings).get_repository_def().get_sensor_def("new_drops")

    def tick(self, *, keep: bool = True) -> str:
        """What the tick says when it asks for nothing; empty when it asks."""
        resources = {"engine": Engine(self.settings)}
        with dg.build_sensor_context(self.instance, cursor=self.cursor or None, resources=resources) as context:
            result = self.sensor.evaluate_tick(context)
        self.cursor = (result.cursor or self.cursor) if keep else self.cursor
        if result.run_requests:
            (request,) = result.run_requests
            assert not request.partition_key
            return ""
        return str(result.skip_message)

    def run(self, status: Status, *, loaded: bool = False, tags: dict[str, str] | None = None) -> str:
        run_id = str(uuid.uuid4())
        own = {LOADED: run_id} if loaded else {}
        self.instance.add_run(dg.DagsterRun(job_name="ingest", run_id=run_id, status=status, tags={**(tags or {}), **own}))
        return run_id

    def put(self, name: str, text: str = "{}\n") -> None:
        path = self.settings.home / "landing" / "events" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Watched(load_settings(home=tmp_path), instance)


def forget_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ads_pipeline.defs.sensors.PAUSES", (0,))


def test_drops_that_are_to_be_tried_again_ask_at_once(watched: Watched) -> None:
    """Nothing has landed, and the sensor does not see the ledger: `ads drops retry` leaves a note."""
    watched.put("a.ndjson")
    assert watched.tick() == ""
    watched.run(Status.SUCCESS, loaded=True)
    assert "no new drops" in watched.tick()
    for _ in range(2):
        ask_for_ingest(watched.settings)
        watched.restart()
        assert watched.tick() == ""
        watched.run(Status.SUCCESS, loaded=True)
        assert "no new drops" in watched.tick()


def test_a_drop_asks_until_a_run_has_loaded_it(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.put("dt=2026-01-03/a.ndjson")
    assert watched.tick() == ""
    run = watched.run(Status.STARTING)
    assert f"{run} is under way" in watched.tick()
    watched.instance.report_run_canceled(watched.instance.get_runs()[0])
    assert "1 runs did not load them" in watched.tick()
    forget_pauses(monkeypatch)
    assert watched.tick() == ""
    watched.run(Status.FAILURE)
    assert watched.tick() == ""
    watched.run(Status.FAILURE, loaded=True)  # its checks failed
    assert "no new drops" in watched.tick()
    watched.put("dt=2026-01-03/late.ndjson")
    assert watched.tick() == ""
    watched.run(Status.SUCCESS, loaded=True)
    watched.put("dt=2026-01-03/a.ndjson", "{ }\n")  # overwritten
    assert watched.tick() == ""


def test_a_run_that_was_made_before_a_drop_came_does_not_count_for_it(watched: Watched) -> None:
    watched.tick()
    watched.run(Status.STARTED, loaded=True)
    watched.put("a.ndjson")
    assert "is under way" in watched.tick()
    assert "is under way" in watched.tick()
    running = watched.instance.get_runs()[0]
    watched.instance.report_run_failed(running)
    assert watched.tick() == ""


def test_a_retry_that_inherited_the_tag_of_the_run_before_has_loaded_nothing(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_pauses(monkeypatch)
    watched.put("a.ndjson")
    watched.tick()
    watched.run(Status.SUCCESS, tags={LOADED: "another run"})
    assert watched.tick() == ""


def test_a_restart_asks_only_for_what_is_not_loaded(watched: Watched) -> None:
    watched.put("a.ndjson")
    assert watched.tick() == ""
    watched.restart()
    assert watched.tick() == ""
    watched.run(Status.SUCCESS, loaded=True)
    assert "no new drops" in watched.tick()
    watched.restart()
    assert "no new drops" in watched.tick()
    watched.put("b.ndjson")
    watched.restart()
    assert watched.tick() == ""


def test_a_tick_tried_in_the_ui_takes_nothing_from_the_next_one(watched: Watched) -> None:
    watched.tick()
    watched.run(Status.SUCCESS, loaded=True)
    assert "no new drops" in watched.tick()
    watched.put("a.ndjson")
    assert watched.tick(keep=False) == ""
    assert watched.tick() == ""


def test_a_cursor_of_an_earlier_version_and_deleted_runs_end_in_one_run(watched: Watched) -> None:
    watched.cursor = '{"2026-11-24": "8c1f", "2026-11-25": "1122"}'
    watched.run(Status.SUCCESS)
    watched.instance.delete_run(watched.instance.get_runs()[0].run_id)
    watched.put("a.ndjson")
    assert watched.tick() == ""
    watched.run(Status.SUCCESS, loaded=True)
    assert "no new drops" in watched.tick()


def test_pauses_grow_and_are_bounded() -> None:
    cursor, now = SensorCursor(since=1), time.time()

    def pause(misses: int) -> int:
        return next(s for s in range(0, 2000, 10) if not why_not(cursor, Runs(misses=misses, missed_at=now), now + s))

    assert [pause(misses) for misses in (0, 1, 2, 3, 4, 10, PERSISTENT)] == [0, 30, 60, 120, 180, 180, LONG_PAUSE]


def test_a_missing_landing_store_skips_the_tick_and_keeps_what_is_asked_for(watched: Watched, tmp_path: Path) -> None:
    watched.put("a.ndjson")
    assert watched.tick() == ""
    (tmp_path / "landing").rename(tmp_path / "away")
    watched.settings = load_settings(home=tmp_path, landing_url=str(tmp_path / "landing"))
    assert "does not exist" in watched.tick()
    (tmp_path / "away").rename(tmp_path / "landing")
    assert watched.tick() == ""
