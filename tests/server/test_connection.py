"""Connecting to a server: TLS, servers that are away, and clear errors for a wrong DSN."""

import io
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import AdsError, SettingsError, TransientError
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from tests.commands import ads
from tests.engines import NO_SERVER, use_database
from tests.servers import PASSWORD, USER, Server, find_binary, free_ports

TLS = """
  <https_port>{port}</https_port>
  <openSSL><server>
    <certificateFile>{folder}/cert.pem</certificateFile><privateKeyFile>{folder}/key.pem</privateKeyFile>
    <verificationMode>none</verificationMode>
  </server></openSSL>
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda dsn: dsn.replace(f"{USER}:", f"{USER}:x"), "the engine refuses this user or password: check ADS_CLICKHOUSE_DSN"),
        (lambda dsn: dsn.replace(f"{USER}:", "nobody:"), "the engine refuses this user or password"),
        (lambda dsn: dsn.rpartition(":")[0] + ":1", "cannot be reached"),
        (lambda dsn: dsn.replace("127.0.0.1", "no-such-host.invalid"), "cannot be reached"),
        (lambda dsn: dsn.replace("clickhouse://", "clickhouses://"), "cannot be reached"),
        (lambda dsn: dsn + "?connect_timeout=soon", "Invalid value 'soon' for option connect_timeout"),
    ],
)
def test_a_wrong_dsn_is_one_sentence(change: Callable[[str], str], told: str, database: Server, tmp_path: Path) -> None:
    result = ads(tmp_path, "ingest", clickhouse_dsn=change(database.dsn))
    assert result.returncode in (1, 2)
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("Error: "))
    assert told in line
    assert "Traceback" not in result.stderr
    assert PASSWORD not in result.stderr


def test_a_server_that_is_away_is_passed_over(database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", database.dsn.replace("127.0.0.1", f"127.0.0.1:{free_ports(1)[0]},127.0.0.1"))
    with open_warehouse(load_settings(home=tmp_path), write=True) as warehouse:
        assert warehouse.connection.version.startswith("2")


def test_a_database_that_is_not_there_yet(database: Server, tmp_path: Path) -> None:
    for command in (["query", "campaign_daily"], ["check"], ["status"], ["drops", "list"]):
        result = ads(tmp_path, *command)
        assert (result.returncode, "run `ads init`" in result.stderr) == (1, True), result.stderr
    plan = ads(tmp_path, "init", "--dry-run")
    assert plan.returncode == 0, plan.stderr
    assert "would apply migration 0001_events" in plan.stdout
    with database.connect() as client:
        assert client.query("SHOW DATABASES LIKE 'test\\_%'").result_rows == []


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    """A server with a certificate of its own making, and its port for HTTPS."""
    if not find_binary():
        pytest.skip(NO_SERVER)
    folder = tmp_path_factory.mktemp("tls")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    request += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    subprocess.run(request, check=True, capture_output=True)
    (port,) = free_ports(1)
    server = Server(folder, TLS.format(port=port, folder=folder)).start().wait()
    yield server, port
    server.kill()


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_tls(tls_server: tuple[Server, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, port = tls_server
    use_database(server, monkeypatch)
    dsn = server.dsn.replace("clickhouse://", "clickhouses://").replace(f":{server.http}", f":{port}")
    for options in (f"?ca_cert={server.folder}/cert.pem", "?verify=false"):
        monkeypatch.setenv("ADS_CLICKHOUSE_DSN", dsn + options)
        with open_warehouse(load_settings(home=tmp_path), write=True) as warehouse:
            assert warehouse.connection.version.startswith("2")
    for options, error, told in (
        ("", TransientError, "certificate verify failed"),
        ("?ca_cert=/nowhere.pem", AdsError, "nowhere.pem|cannot be"),
    ):
        monkeypatch.setenv("ADS_CLICKHOUSE_DSN", dsn + options)
        with pytest.raises(error, match=told):
            open_warehouse(load_settings(home=tmp_path))


@pytest.mark.parametrize("fixed", ["readonly = 1 CONST", "read_overflow_mode = 'break' CONST"])
def test_a_user_who_may_not_set_what_is_needed_is_told_so(
    fixed: str, database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.connect() as client:
        client.command(f"CREATE USER OR REPLACE fixed IDENTIFIED BY 'x' SETTINGS {fixed}")
        client.command("GRANT SELECT ON *.* TO fixed")
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", f"clickhouse://fixed:x@127.0.0.1:{database.http}")
    with pytest.raises(SettingsError, match=r"may not set .* and no CONST"):
        open_warehouse(load_settings(home=tmp_path))


class Fatal(io.BytesIO):
    """A file whose first bytes are the end of a server."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server

    def write(self, data: Any) -> int:
        if not self.tell():
            self.server.kill()
        return super().write(data)


def test_a_server_that_dies_in_the_middle_of_a_result_is_told_as_away(own_server: Server, tmp_path: Path) -> None:
    many = Sql("SELECT number, toString(number) AS text FROM numbers(5000000)")
    with open_warehouse(load_settings(home=tmp_path), write=False) as warehouse, pytest.raises(TransientError, match="in the middle of"):
        warehouse.write(many, "JSONEachRow", Fatal(own_server))
