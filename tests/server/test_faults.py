"""Errors told apart: what may pass is tried again, what is of the engine or its user ends the run, what is of a drop costs that drop."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from ads_pipeline.generate import generate
from tests.api.processes import MIB
from tests.commands import ads
from tests.engine.conftest import event
from tests.proxies import Answer, Proxy, Request, proxy_before
from tests.servers import Server

BAD_GATEWAY: Answer = (502, {}, b"<html><body>Bad Gateway</body></html>")
TOO_LARGE: Answer = (413, {}, b"<html><body>Request Entity Too Large</body></html>")


@pytest.fixture
def proxy(database: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The way to the server that settings and commands take."""
    with proxy_before(f"http://127.0.0.1:{database.http}") as proxy:
        monkeypatch.setenv("ADS_CLICKHOUSE_DSN", database.dsn.replace(f":{database.http}", f":{proxy.server_port}"))
        yield proxy


def is_insert(request: Request, into: str) -> bool:
    text = unquote_plus(request.path) + request.body[:2000].decode(errors="replace")
    return bool(re.search(rf"INSERT INTO `?\w*{into}\b", text))


def land(home: Path, name: str, text: str) -> None:
    path = home / "landing" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def ledger(home: Path) -> dict[str, str]:
    """Every drop's status."""
    return {row["drop"]: row["status"] for row in json.loads(ads(home, "drops", "list", "--json").stdout)}


@pytest.mark.further
def test_a_load_balancer_that_loses_its_server_for_a_moment(proxy: Proxy, tmp_path: Path) -> None:
    generate(tmp_path / "landing", events=2000, days=2, drops=4, seed=1)
    left = ["events", "_gathered"]
    proxy.answer = lambda request: BAD_GATEWAY if left and is_insert(request, left[-1]) and left.pop() else None
    result = ads(tmp_path, "ingest")
    assert result.returncode == 0, result.stderr
    assert left == []
    assert set(ledger(tmp_path).values()) == {"loaded"}
    assert "2000 accepted" in result.stdout


@pytest.mark.further
def test_a_load_balancer_that_takes_no_large_body(proxy: Proxy, tmp_path: Path) -> None:
    generate(tmp_path / "landing", events=200, days=1, drops=1, seed=1)
    proxy.answer = lambda request: TOO_LARGE if is_insert(request, "_gathered") else None
    result = ads(tmp_path, "ingest")
    assert result.returncode == 1
    assert "answers with HTTP status 413" in result.stderr
    assert "the next ingest tries again" in result.stderr
    proxy.answer = lambda _: None
    assert ads(tmp_path, "ingest").returncode == 0
    assert set(ledger(tmp_path).values()) == {"loaded"}


def test_a_quota_that_is_used_up_fails_no_drop(database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(tmp_path / "landing", events=200, days=1, drops=3, seed=1)
    assert ads(tmp_path, "init").returncode == 0
    with database.connect() as client:
        client.command("CREATE USER metered IDENTIFIED BY 'x'")
        client.command("GRANT ALL ON *.* TO metered")
        client.command("CREATE QUOTA metered FOR INTERVAL 1 hour MAX query_inserts = 6 TO metered")
        monkeypatch.setenv("ADS_CLICKHOUSE_DSN", f"clickhouse://metered:x@127.0.0.1:{database.http}")
        result = ads(tmp_path, "ingest")
        assert (result.returncode, "this user's quota is used up" in result.stderr) == (1, True), result.stderr
        client.command("DROP USER metered")
        client.command("DROP QUOTA metered")
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", database.dsn)
    assert "failed" not in ledger(tmp_path).values()
    assert ads(tmp_path, "ingest").returncode == 0


@pytest.mark.further
def test_a_drop_too_large_for_the_memory_fails_alone(database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A JSON array without line breaks, as some tools write it."""
    count = 100 * MIB // 120
    land(tmp_path, "events/1.ndjson", json.dumps(event(1)) + "\n")
    land(tmp_path, "events/2.json", "[" + ",".join([json.dumps(event(2))] * count) + "]")
    with database.connect() as client:
        client.command("CREATE USER small IDENTIFIED BY 'x' SETTINGS max_memory_usage = 200000000")
        client.command("GRANT ALL ON *.* TO small")
        monkeypatch.setenv("ADS_CLICKHOUSE_DSN", f"clickhouse://small:x@127.0.0.1:{database.http}")
        result = ads(tmp_path, "ingest")
        client.command("DROP USER small")
    assert result.returncode == 1
    assert "failed: events/2.json: too large for the engine's memory; the next ingest tries again" in result.stderr
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", database.dsn)
    assert ledger(tmp_path) == {"events/1.ndjson": "loaded", "events/2.json": "failed"}
    again = ads(tmp_path, "ingest")
    assert again.returncode == 0, again.stderr
    assert f"1 drops, {count} lines: 1 accepted, {count - 1} duplicates, 0 corrections, 0 quarantined" in again.stdout
    assert ads(tmp_path, "check").returncode == 0
