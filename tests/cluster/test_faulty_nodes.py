"""A node that answers and takes no part is named, by the error and by `ads doctor`; and what a node's profile changes."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from ads_pipeline.errors import EngineError
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.dsn import parse_dsn
from ads_pipeline.warehouse.http import connect_http
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.pins import CLUSTER_PINNED
from ads_pipeline.warehouse.statements import Sql
from tests.commands import ads
from tests.engines import NO_SERVER, cluster, drop_databases, use_database
from tests.servers import Cluster, find_binary

__all__ = ["cluster"]

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.slow]


@pytest.fixture
def database(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A sound cluster, with settings and commands meaning a new database of it."""
    use_database(cluster, monkeypatch)
    yield cluster
    drop_databases(cluster)


def findings(home: Path) -> dict[str, tuple[bool, str]]:
    return {row["name"]: (row["ok"], row["text"]) for row in json.loads(ads(home, "doctor", "--json").stdout)}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("unknown", "{node} does not recognise {node} as its own address and executes no statement ON CLUSTER"),
        ("macros", "{node} has the macros {{shard}} '2' and {{replica}} '1' of {twin}: two replicas have the same name"),
    ],
)
def test_a_node_that_takes_no_part_is_named(kind: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not find_binary():
        pytest.skip(NO_SERVER)
    faulty = Cluster(tmp_path / "faulty", unknown=[(2, 2)]) if kind == "unknown" else Cluster(tmp_path / "faulty", macros={(2, 2): (2, 1)})
    named = said.format(node=faulty.addresses[2, 2], twin=faulty.addresses[2, 1])
    use_database(faulty.start(), monkeypatch)
    try:
        for command in ("init", "ingest"):
            result = ads(tmp_path, command)
            assert result.returncode == 1
            assert result.stderr.splitlines()[-1].startswith(f"Error: {named}")
        ok, text = findings(tmp_path)["nodes"]
        assert not ok
        assert text.startswith(named)
        assert "; 127" not in text, "one node, one sentence"
    finally:
        faulty.kill()


def test_what_the_profile_of_a_node_changes_is_named(database: Cluster, tmp_path: Path) -> None:
    assert ads(tmp_path, "init").returncode == 0
    assert all(ok for ok, _ in findings(tmp_path).values())
    with database.nodes[2, 2].connect() as client:
        client.command("CREATE SETTINGS PROFILE OR REPLACE odd SETTINGS final = 1, join_use_nulls = 1, max_threads = 1 TO ads")
        try:
            ok, text = findings(tmp_path)["settings"]
        finally:
            client.command("DROP SETTINGS PROFILE odd")
    node = database.addresses[2, 2]
    assert not ok
    assert f"join_use_nulls on {node} is '1' and must be '0'" in text
    assert f"final on {node} is '1' and may change results" in text
    assert text.count(" on ") == 2, text


def test_an_error_of_a_node_that_is_slow_is_not_lost(database: Cluster, tmp_path: Path) -> None:
    """Its rows of a statement ON CLUSTER come last, when the answer has begun."""
    settings, name = load_settings(home=tmp_path), os.environ["ADS_DATABASE"]
    open_warehouse(settings, write=True).close()
    node = database.nodes[2, 2]
    with node.connect() as client:
        client.command(f"CREATE TABLE {name}.taken (a UInt8) ENGINE = Memory")
    with connect_http(parse_dsn(settings.dsn), name, CLUSTER_PINNED) as connection:
        node.pause()
        Timer(2, node.resume).start()
        with pytest.raises(EngineError, match="already exists"):
            connection.run(Sql(f"CREATE TABLE {name}.taken ON CLUSTER ads (a UInt8) ENGINE = Memory"))
