"""A server that is killed and started again: under an ingest, and right after one."""

import json
import random
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.generate import generate
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.commands import ads, finished, start
from tests.engine.test_exactness import random_events, rollup_rows, truth, write_drop
from tests.engine.test_generated import assert_rollups_are
from tests.servers import Server

pytestmark = pytest.mark.further


def assert_home_has(home: Path, truth_file: Path) -> None:
    with open_warehouse(load_settings(home=home)) as warehouse:
        assert_rollups_are(warehouse, json.loads(truth_file.read_text(), parse_float=Decimal))


@pytest.mark.slow
@pytest.mark.parametrize("kills", [1, 4])
def test_a_server_killed_under_an_ingest_and_started_again(own_server: Server, tmp_path: Path, kills: int) -> None:
    """The run recovers, or ends with one clear sentence; the next ends exact."""
    home, truth_file = tmp_path / "home", tmp_path / "truth.json"
    shares: dict[str, Any] = {"duplicates": 5, "corrections": 2, "malformed": 1, "late": 3}
    generate(home / "landing", events=60_000, days=7, drops=30, seed=kills, truth=truth_file, **shares)
    chance = random.Random(kills)
    run = start(home, "ingest", batch_drops="3")
    for _ in range(kills):
        time.sleep(chance.uniform(4, 8))
        own_server.kill()
        time.sleep(chance.uniform(0, 2))
        own_server.start().wait()
    code, _, errors = finished(run)
    assert "Traceback" not in errors
    assert code == 0 or errors.splitlines()[-1].startswith("Error: "), errors
    assert ads(home, "ingest").returncode == 0
    assert_home_has(home, truth_file)
    check = ads(home, "check")
    assert (check.returncode, check.stderr) == (0, "")


def test_a_server_that_stays_away_ends_the_run_with_a_clear_error(own_server: Server, tmp_path: Path) -> None:
    assert ads(tmp_path / "home", "init").returncode == 0
    own_server.kill()
    result = ads(tmp_path / "home", "ingest")
    assert result.returncode == 1
    assert f"Error: http://127.0.0.1:{own_server.http} cannot be reached" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_swaps_hold_when_the_server_is_killed_right_after(own_server: Server, tmp_path: Path, seed: int) -> None:
    """What stood as settled stays so: no swapped-out row comes back."""
    rng = random.Random(seed)
    settings = load_settings(home=tmp_path / "home")
    drops = [random_events(rng, 30) for _ in range(4)]
    for number, drop in enumerate(drops):
        write_drop(settings, number, [json.dumps(event) for event in drop])
        with open_warehouse(settings, write=True) as warehouse:
            ingest(begin_run(warehouse, settings), open_store(settings))
    own_server.kill()
    own_server.start().wait()
    with open_warehouse(settings) as warehouse:
        assert rollup_rows(warehouse) == truth(drops)[1]
