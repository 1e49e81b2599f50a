"""Two shards of two replicas: the truth from every node, also when one of them dies in the middle."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import SettingsError
from ads_pipeline.generate import generate
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.commands import ads, finished, start
from tests.engine.test_generated import assert_rows_are
from tests.engines import NO_SERVER, use_database
from tests.servers import Cluster, Server, find_binary

pytestmark = pytest.mark.xdist_group("cluster")

SHARES: dict[str, Any] = {"duplicates": 5, "corrections": 2, "malformed": 1, "late": 3}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster whose nodes may be killed, if they are started again."""
    if not find_binary():
        pytest.skip(NO_SERVER)
    cluster = Cluster(tmp_path_factory.mktemp("replicas")).start()
    yield cluster
    cluster.kill()


@pytest.fixture
def database(running: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The cluster, with settings and commands meaning a new database of it."""
    use_database(running, monkeypatch)
    return running


def assert_node_has(node: Server, truth: dict[str, Any]) -> None:
    """As anybody sees the rollups who asks this node."""
    with node.connect() as client:
        for rollup in ("campaign_daily", "publisher_daily"):
            found = client.query(f"SELECT * FROM {os.environ['ADS_DATABASE']}.{rollup}_report")
            assert_rows_are(found.named_results(), truth[rollup])


@pytest.mark.further
def test_generated_drops_come_out_exact_on_every_node(database: Cluster, tmp_path: Path) -> None:
    truth_file = tmp_path / "truth.json"
    summary = generate(tmp_path / "landing", events=20_000, days=5, drops=20, seed=1, truth=truth_file, **SHARES)
    done = ads(tmp_path, "ingest", "--json", batch_drops="8")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["lines"], report["accepted"], report["quarantined"]) == (summary.lines, summary.events, summary.malformed)
    for node in database.nodes.values():
        assert_node_has(node, json.loads(truth_file.read_text(), parse_float=Decimal))
    with database.nodes[1, 1].connect() as client:
        name = os.environ["ADS_DATABASE"]
        (spread,) = client.query(
            f"SELECT countIf(sipHash64(event_id) % 2 = 1), count() FROM clusterAllReplicas(ads, {name}_local.events) WHERE _shard_num < 3"
        ).result_rows
    assert spread[0] in (0, spread[1])
    for command in (["check"], ["status"], ["doctor"], ["query", "campaign_daily"], ["quarantine", "replay", "--all"], ["check"]):
        done = ads(tmp_path, *command)
        assert done.returncode == 0, done.stdout + done.stderr


MIDDLE = [pytest.param(victim, after, marks=pytest.mark.slow) for victim in ((1, 1), (2, 1), (2, 2)) for after in (2.5, 5, 7, 9)]


@pytest.mark.parametrize(("victim", "after"), MIDDLE)
def test_a_replica_killed_in_the_middle(database: Cluster, tmp_path: Path, victim: tuple[int, int], after: float) -> None:
    """The run goes on with the others and ends exact; the next too, with the replica and without."""
    home, truth_file = tmp_path / "home", tmp_path / "truth.json"
    generate(home / "landing", events=40_000, days=5, drops=20, seed=2, truth=truth_file, **SHARES)
    expected = json.loads(truth_file.read_text(), parse_float=Decimal)
    # before, as when deploying: with a node that is away, each statement ON CLUSTER waits for it
    done = ads(home, "init")
    assert done.returncode == 0, done.stderr
    run = start(home, "ingest", batch_drops="2")
    time.sleep(after)
    node = database.nodes[victim]
    node.kill()
    try:
        code, _, errors = finished(run)
        assert code == 0, errors
        done = ads(home, "ingest")
        assert done.returncode == 0, done.stderr
        for place, other in database.nodes.items():
            if place != victim:
                assert_node_has(other, expected)
    finally:
        node.start().wait()
    done = ads(home, "ingest")
    assert done.returncode == 0, done.stderr
    for other in database.nodes.values():
        assert_node_has(other, expected)
    done = ads(home, "check")
    assert done.returncode == 0, done.stdout


def test_a_cluster_that_is_not_there_is_named(database: Cluster, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ADS_CLUSTER: unknown cluster 'other'; .* knows: ads"):
        open_warehouse(load_settings(home=tmp_path, cluster="other"))


@pytest.mark.further
def test_a_node_that_comes_back_while_a_run_waits_takes_part(database: Cluster, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Else its statements of the run before would go on, and this run would not know."""
    settings, node = load_settings(home=tmp_path), database.nodes[2, 2]
    with ThreadPoolExecutor(1) as threads:
        with open_warehouse(settings, write=True):
            node.pause()
            try:
                waiting = threads.submit(open_warehouse, settings, write=True)
                while "another run is writing" not in caplog.text and not waiting.done():
                    time.sleep(0.1)
            finally:
                node.resume()
        with waiting.result(60) as warehouse:
            assert warehouse.topology.nodes_found == (4, 4)
