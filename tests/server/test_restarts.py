"""A server that is killed and started again: under an ingest, and right after one."""

import json
import os
import random
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.generate import generate
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Name, statement
from tests.engine.test_exactness import random_events, rollup_rows, truth, write_drop
from tests.engine.test_generated import METRICS
from tests.servers import Server

ADS = str(Path(sys.executable).with_name("ads"))


def ads(home: Path, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"ADS_HOME": str(home), **{f"ADS_{name.upper()}": value for name, value in variables.items()}}
    return subprocess.Popen([ADS, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """A command's exit code, and what it said on standard error."""
    _, errors = process.communicate(timeout=240)
    return process.returncode, errors


def assert_rollups_are(home: Path, expected: dict[str, Any]) -> None:
    with open_warehouse(load_settings(home=home)) as warehouse:
        for rollup in ("campaign_daily", "publisher_daily"):
            rows = warehouse.rows(statement("queries/all_of", table=Name(f"{rollup}_report")))
            dimensions = [column for column in expected[rollup][0] if column not in METRICS]
            got = {tuple(str(row[column]) for column in dimensions): [row[metric] for metric in METRICS] for row in rows}
            assert got == {tuple(row[column] for column in dimensions): [row[metric] for metric in METRICS] for row in expected[rollup]}


@pytest.mark.parametrize("kills", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_a_server_killed_under_an_ingest_and_started_again(own_server: Server, tmp_path: Path, kills: int) -> None:
    """The run recovers, or ends with one clear sentence; the next ends exact."""
    home, truth_file = tmp_path / "home", tmp_path / "truth.json"
    shares = {"duplicates": 5, "corrections": 2, "malformed": 1, "late": 3}
    generate(home / "landing", events=60_000, days=7, drops=30, seed=kills, truth=truth_file, **shares)
    chance = random.Random(kills)
    run = ads(home, "ingest", batch_drops="3")
    for _ in range(kills):
        time.sleep(chance.uniform(4, 8))
        own_server.kill()
        time.sleep(chance.uniform(0, 2))
        own_server.start().wait()
    code, errors = finished(run)
    assert "Traceback" not in errors
    assert code == 0 or errors.splitlines()[-1].startswith("Error: "), errors
    assert finished(ads(home, "ingest"))[0] == 0
    assert_rollups_are(home, json.loads(truth_file.read_text(), parse_float=Decimal))
    assert finished(ads(home, "check")) == (0, "")


def test_a_server_that_stays_away_ends_the_run_with_a_clear_error(own_server: Server, tmp_path: Path) -> None:
    assert finished(ads(tmp_path / "home", "init"))[0] == 0
    own_server.kill()
    code, errors = finished(ads(tmp_path / "home", "ingest"))
    assert code == 1
    assert f"Error: http://127.0.0.1:{own_server.http} cannot be reached" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("seed", range(3))
def test_swaps_hold_when_the_server_is_killed_right_after(own_server: Server, tmp_path: Path, seed: int) -> None:
    """What stood as settled stays so: no swapped-out row comes back."""
    rng = random.Random(seed)
    settings = load_settings(home=tmp_path / "home")
    drops = [random_events(rng, 30) for _ in range(4)]
    for number, drop in enumerate(drops):
        write_drop(settings, number, [json.dumps(event) for event in drop])
        with open_warehouse(settings, write=True) as warehouse:
            ingest(warehouse, open_store(settings))
    own_server.kill()
    own_server.start().wait()
    with open_warehouse(settings) as warehouse:
        assert rollup_rows(warehouse) == truth(drops)[1]
