"""Readers while the server is killed in the middle of corrections: no answer ever has more than there is."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi.testclient import TestClient

from ads_pipeline import query_rollup
from ads_pipeline.api.app import create_app
from ads_pipeline.settings import load_settings
from tests.commands import ads, environment_of
from tests.engine.conftest import event
from tests.servers import Server

pytestmark = pytest.mark.further

EVENTS = 50

# a run that kills the server, and then itself, right after a rebuilt day was swapped in
KILLING = """
import os, signal, sys
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline import rebuild
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.run import open_run
from ads_pipeline.settings import load_settings

replace_day, swaps = rebuild.replace_day, int(sys.argv[2])

def replace_and_kill(*arguments):
    global swaps
    replace_day(*arguments)
    swaps -= 1
    if not swaps:
        os.kill(int(sys.argv[1]), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

rebuild.replace_day = replace_and_kill
settings = load_settings()
with open_run(settings) as run:
    ingest(run, open_store(settings))
"""


def land(home: Path, name: str, cost: str) -> None:
    """Events of other users each time, so that a correction swaps their day in."""
    path = home / "landing" / f"{name}.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(event(number, cost=cost, user_id=f"u{cost}")) + "\n" for number in range(EVENTS)))


def counts(server: Server, table: str) -> list[int]:
    with server.connect() as client:
        return [row[0] for row in client.query(f"SELECT sum(clicks) FROM {os.environ['ADS_DATABASE']}.{table}").result_rows]


@contextmanager
def polled(server: Server) -> Iterator[list[int]]:
    """What a reader of the report is answered meanwhile; a server that is away answers nothing."""
    seen: list[int] = []
    enough = threading.Event()

    def poll() -> None:
        while not enough.wait(0.02):
            try:
                seen.extend(counts(server, "campaign_daily_report"))
            except (ClickHouseError, OSError):
                continue

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield seen
    finally:
        enough.set()
        thread.join()


@pytest.mark.parametrize("kills", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_no_reader_is_told_of_a_doubled_day(own_server: Server, tmp_path: Path, kills: int) -> None:
    home = tmp_path / "home"
    land(home, "a", "1")
    assert ads(home, "ingest").returncode == 0
    today = event(0)["event_time"][:10]
    with polled(own_server) as seen:
        land(home, "b", "2")
        assert ads(home, "ingest").returncode == 0
        assert set(seen) == {EVENTS}  # a correction that nothing happens to leaves no day out
        for kill in range(kills):
            land(home, f"c{kill}", str(3 + kill))
            command = [sys.executable, "-c", KILLING, str(own_server.process.pid), str(1 + kill % 2)]
            run = subprocess.run(command, env=environment_of(home), capture_output=True, text=True, check=False)
            assert run.returncode == -9, run.stderr
            own_server.process.wait()
            own_server.start().wait()
            if version_of(own_server) < (26, 6):  # what nobody is to see
                assert max(counts(own_server, "campaign_daily") + counts(own_server, "publisher_daily")) == 2 * EVENTS
            assert_left_out(home, today)
            time.sleep(0.2)
            assert ads(home, "ingest").returncode == 0
            assert_told(home, kill + 3)
        time.sleep(0.2)
    assert set(seen) <= {0, EVENTS}
    assert seen[-1] == EVENTS
    assert ads(home, "check").returncode == 0


def version_of(server: Server) -> tuple[int, ...]:
    with server.connect() as client:
        return tuple(map(int, str(client.server_version).split(".")[:2]))


def assert_left_out(home: Path, today: str) -> None:
    """The command and the API leave the day out and say so."""
    answer = ads(home, "query", "campaign_daily", "--json")
    assert (answer.returncode, json.loads(answer.stdout)) == (0, [])
    assert f"left out: {today}; the engine was killed while a run changed this day" in answer.stderr
    assert "the next `ads ingest` settles this" in answer.stderr
    assert query_rollup("campaign_daily", settings=load_settings(home=home)).empty
    assert json.loads(ads(home, "status", "--json").stdout)["doubtful_days"] == [today]
    with TestClient(create_app(load_settings(home=home, api_open="loopback"))) as service:
        found = service.get("/v1/rollups/campaign_daily")
        assert (found.status_code, found.json(), found.headers["days-left-out"]) == (200, [], today)
        assert service.get("/v1/rollups").json()["rollups"][0]["days_left_out"] == [today]
        tag = {"If-None-Match": found.headers["etag"]}
        assert service.get("/v1/rollups/campaign_daily", headers=tag).status_code == 304
        assert ads(home, "init").returncode == 0  # settles too
        settled = service.get("/v1/rollups/campaign_daily", headers=tag)
        assert (settled.status_code, settled.json()[0]["clicks"], "days-left-out" in settled.headers) == (200, EVENTS, False)


def assert_told(home: Path, cost: int) -> None:
    """The truth, and nothing left out."""
    answer = ads(home, "query", "campaign_daily", "--json", "--metric", "clicks,cost", "--by", "")
    assert (json.loads(answer.stdout), answer.stderr) == ([{"clicks": EVENTS, "cost": EVENTS * cost}], "")


def test_events_current_for_a_reader_who_may_set_nothing(database: Server, tmp_path: Path) -> None:
    """And whose profile has what makes FINAL wrong."""
    home = tmp_path / "home"
    path = home / "landing" / "a.ndjson"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(event(0, day=day)) + "\n" for day in ("2026-11-01", "2026-11-02")))
    assert ads(home, "ingest", retention_days="0").returncode == 0
    name = os.environ["ADS_DATABASE"]
    with database.connect() as client:
        for user, profile in (
            ("bound", "readonly = 1, do_not_merge_across_partitions_select_final = 0, optimize_move_to_prewhere_if_final = 1"),
            ("cut", "readonly = 1, max_rows_to_read = 1, read_overflow_mode = 'break'"),
        ):
            client.command(f"CREATE USER OR REPLACE {user} IDENTIFIED BY 'x' SETTINGS {profile}")
            client.command(f"GRANT SELECT ON {name}.* TO {user}")
        counted = "SELECT count() FROM events{} FORMAT TSV"
        assert asked(database, "bound", name, counted.format(" FINAL")) == "2\n"
        assert asked(database, "bound", name, counted.format("_current")) == "2\n"
        assert "TOO_MANY_ROWS" in asked(database, "cut", name, counted.format("_current"))
        client.command("DROP USER bound, cut")


def asked(server: Server, user: str, database: str, query: str) -> str:
    """An answer over plain HTTP: the driver would set something."""
    return httpx.post(f"http://127.0.0.1:{server.http}/", params={"database": database}, content=query, auth=(user, "x")).text
