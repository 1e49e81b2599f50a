"""The driver layer without an engine: settings, tags, the guard, errors, and which server is taken."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError, ProgrammingError
from urllib3.exceptions import ProtocolError

from ads_pipeline.errors import AdsError, EngineError, LeaseLostError, MemoryLimitError, SettingsError, TransientError
from ads_pipeline.warehouse import chdb, http
from ads_pipeline.warehouse.chdb import ChdbConnection
from ads_pipeline.warehouse.dsn import Address, parse_dsn
from ads_pipeline.warehouse.error_codes import FENCE, LEASE_LOST, translated
from ads_pipeline.warehouse.http import HttpConnection, connect_http
from ads_pipeline.warehouse.pins import CLUSTER_PINNED, NEWER_PINNED, PINNED, SERVER_PINNED, choose_pins
from ads_pipeline.warehouse.statements import Sql
from tests.unit.clients import FakeClient, FakeGuard

HERE = Address("localhost", 8123, secure=False)


def connected(client: FakeClient, logged_as: str = "") -> HttpConnection:
    return HttpConnection(client, HERE, "ads_local", SERVER_PINNED, None, logged_as)  # type: ignore[arg-type]


def driver_error(code: int, text: str) -> ClickHouseError:
    error = DatabaseError(f"Received ClickHouse exception, code: {code}, server response: {text} (for url http://u:secret@h:8123)")
    error.code = code
    return error


def test_newer_settings_are_pinned_where_the_engine_knows_them() -> None:
    assert choose_pins(PINNED, ()) == PINNED
    known = ["deduplicate_insert", "use_legacy_to_time", "max_threads"]
    assert choose_pins(SERVER_PINNED, known) == SERVER_PINNED | {name: NEWER_PINNED[name] for name in known[:2]}
    assert not PINNED.keys() & NEWER_PINNED.keys()
    assert PINNED.items() <= SERVER_PINNED.items()
    assert {name for name in SERVER_PINNED if SERVER_PINNED[name] != CLUSTER_PINNED[name]} == {"alter_sync"}


def test_the_pins_of_a_connection_are_those_of_its_engine() -> None:
    assert connected(FakeClient(known=["deduplicate_insert"])).pins == SERVER_PINNED | {"deduplicate_insert": "disable"}


MUTATION = (
    "Exception happened during execution of mutation 'mutation_6.txt' with part '20261122_1_1_0' reason: 'Code: {} (version 24.10.1.1 "
    "(official build))'. This error maybe retryable or not. In case of unretryable error, mutation can be killed with KILL MUTATION query"
)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (driver_error(241, "too much"), MemoryLimitError, "the memory limit was reached: too much"),
        (driver_error(159, "late"), TransientError, "the statement timed out: late"),
        (driver_error(395, f"{FENCE}: while executing"), LeaseLostError, LEASE_LOST),
        (driver_error(395, "a source says no"), EngineError, "a source says no"),
        (driver_error(60, "no table t"), EngineError, "a table is missing: run `ads init` (no table t)"),
        (driver_error(76, "write: No space left on device"), EngineError, "the engine's disk is full: make room"),
        (driver_error(341, MUTATION.format("243. DB::Exception: no space")), EngineError, "the engine's disk is full: make room"),
        (driver_error(341, MUTATION.format("241. DB::Exception: too much")), MemoryLimitError, "the memory limit was reached: Code: 241"),
        (driver_error(341, "Mutation is not finished because timeout exceeded"), TransientError, "a replica did not finish in time"),
        (driver_error(62, "Syntax error (version 24.10.1.1 (official build))"), EngineError, "Syntax error"),
        (driver_error(62, "Syntax error\nStack trace:\n0. main"), EngineError, "Syntax error"),
        (OperationalError("HTTP driver received HTTP status 503, server response: busy"), TransientError, "answers with HTTP status 503"),
        (OperationalError("HTTP driver received HTTP status 413, server response: big"), EngineError, "answers with HTTP status 413: "),
        (OperationalError("Error executing HTTP request"), TransientError, "the engine does not answer: "),
    ],
)
def test_a_drivers_error_is_one_of_ours_in_one_sentence(error: ClickHouseError, kind: type[AdsError], said: str) -> None:
    found = translated(error)
    assert type(found) is kind
    assert re.match(f"(a proxy in front of the engine )?{re.escape(said)}", str(found))
    assert not {"secret", "official", "main"} & set(re.findall(r"\w+", str(found)))


def test_a_long_message_keeps_its_two_ends() -> None:
    text = str(translated(driver_error(47, "Unknown expression: " + "x" * 30_000 + ": while pushing to view ads.v")))
    assert len(text) < 2100
    assert re.fullmatch(r"Unknown expression: x+ \[…\] x+: while pushing to view ads\.v", text)


def test_every_call_has_its_errors_translated() -> None:
    client = FakeClient()
    connection = connected(client)
    client.error = driver_error(159, "late")
    calls: list[Callable[[], object]] = [
        lambda: connection.run(Sql("DROP")),
        lambda: connection.rows(Sql("SELECT 1")),
        lambda: connection.column(Sql("SELECT 1")),
        lambda: connection.frame(Sql("SELECT 1")),
        lambda: connection.raw(Sql("SELECT 1"), "CSV"),
        lambda: connection.write(Sql("SELECT 1"), "CSV", io.BytesIO()),
        lambda: connection.insert("t", ["a"], [[1]]),
        lambda: connection.send(Sql("INSERT"), b"x"),
    ]
    for call in calls:
        with pytest.raises(TransientError, match="the statement timed out"):
            call()


def test_statements_carry_the_tags_of_their_connection() -> None:
    client = FakeClient()
    connection = connected(client, logged_as="ads")
    connection.tag({"batch": "b1"})
    assert json.loads(client.settings["log_comment"]) == {"application": "ads_pipeline", "database": "ads", "batch": "b1"}
    connection.guard_by(FakeGuard(generation=7))
    assert json.loads(client.settings["log_comment"])["generation"] == 7
    connection.tag({})
    assert json.loads(client.settings["log_comment"]) == {"application": "ads_pipeline", "database": "ads", "generation": 7}


def test_no_statement_leaves_without_the_guard() -> None:
    client, guard = FakeClient(), FakeGuard(generation=7)
    connection = connected(client)
    connection.guard_by(guard)
    connection.run(Sql("INSERT INTO t SELECT 1 WHERE {{ fence }}", {}))
    assert client.sent == ["INSERT INTO t SELECT 1 WHERE fence_7"]
    guard.lost = True
    calls: list[Callable[[], object]] = [
        lambda: connection.run(Sql("DROP")),
        lambda: connection.rows(Sql("SELECT 1")),
        lambda: connection.send(Sql("INSERT"), b""),
    ]
    for call in calls:
        with pytest.raises(LeaseLostError):
            call()
    assert len(client.sent) == 1


def test_a_connection_that_takes_the_place_of_another_has_its_tags_and_its_guard() -> None:
    before, after = connected(FakeClient()), connected(client := FakeClient())
    before.tag({"batch": "b1"})
    after.continue_for(before)
    assert json.loads(client.settings["log_comment"])["batch"] == "b1"
    guard = FakeGuard(generation=7)
    before.guard_by(guard)
    after.continue_for(before)
    assert json.loads(client.settings["log_comment"]).items() >= {"generation": 7, "batch": "b1"}.items()
    guard.lost = True
    with pytest.raises(LeaseLostError):
        after.run(Sql("DROP"))


@pytest.mark.parametrize(("exists", "create", "created", "used"), [(1, False, 0, True), (0, False, 0, False), (0, True, 1, True)])
def test_a_database_is_used_if_it_is_there_or_may_be_made(exists: int, create: bool, created: int, used: bool) -> None:
    client = FakeClient(answer=exists)
    connected(client).use_database(create=create)
    assert sum("CREATE DATABASE" in text for text in client.sent) == created
    assert client.database == ("ads_local" if used else "")


def test_a_setting_that_the_user_may_not_set_is_named_with_the_remedy() -> None:
    client = FakeClient()
    connection = connected(client)
    client.error = ProgrammingError("readonly")
    with pytest.raises(SettingsError, match=r"may not set final to 0 at http://localhost:8123: .* `readonly = 2` .* no CONST \(readonly"):
        connection.apply_settings({"final": 0})


def test_a_body_is_sent_unchanged_with_its_parameters() -> None:
    client = FakeClient()
    connected(client).send(Sql("INSERT INTO t SELECT {n:UInt8} FROM input('a UInt8')"), b"\x28\xb5", "zst", n=3)
    ((body, parameters, headers),) = client.requests
    assert (body, headers) == (b"\x28\xb5", {"Content-Encoding": "zstd"})
    assert (parameters["database"], parameters["param_n"]) == ("ads_local", "3")


def test_nothing_is_sent_for_no_rows() -> None:
    client = FakeClient()
    connected(client).insert("t", ["a"], [])
    assert client.sent == []


def test_a_result_that_breaks_off_is_transient_and_a_full_disk_is_not_hidden() -> None:
    class Broken(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise ProtocolError("reset")

    class Full(io.BytesIO):
        def write(self, *_: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(TransientError, match="in the middle of a result: reset"):
        connected(FakeClient(stream=Broken())).write(Sql("SELECT 1"), "CSV", io.BytesIO())
    with pytest.raises(OSError, match="No space left"):
        connected(FakeClient(stream=io.BytesIO(b"1"))).write(Sql("SELECT 1"), "CSV", Full())


def test_the_first_server_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakeClient(known=["final"], rows=[{"name": "final", "default": "0"}])

    def answering(address: Address) -> FakeClient:
        if address.host != "h2":
            raise TransientError("away")
        return client

    monkeypatch.setattr(http, "_open", answering)
    connection = connect_http(parse_dsn("clickhouse://h1,h2,h3/ads"), "ads")
    assert str(connection.address) == "http://h2:8123"
    assert {"final": "0", **SERVER_PINNED}.items() <= client.settings.items(), "pinned, and what the profile changes is reset"
    with pytest.raises(TransientError, match=r"^http://h1:8123 cannot be reached \(away\); http://h3:8123 cannot be reached \(away\)$"):
        connect_http(parse_dsn("clickhouse://h1,h3/ads"), "ads")


@pytest.mark.parametrize(
    ("sql", "synced"),
    [
        ("CREATE TABLE t (a UInt8) ENGINE = Log", True),
        ("-- a heading\nALTER TABLE t ADD COLUMN b UInt8", True),
        ("DROP TABLE IF EXISTS t", True),
        ("CREATE TABLE IF NOT EXISTS `scratch_b1` (a UInt8) ENGINE = Log", False),
        ("ALTER TABLE t DROP PARTITION '2026-01-01'", False),
        ("INSERT INTO t SELECT 1", False),
    ],
)
def test_a_table_that_was_made_or_changed_is_on_disk(sql: str, synced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []
    monkeypatch.setattr(chdb, "sync", folders.append)
    (tmp_path / "metadata").mkdir()
    ChdbConnection(FakeClient(), tmp_path, "ads").run(Sql(sql))  # type: ignore[arg-type]
    assert folders == ([tmp_path.parent, tmp_path, tmp_path / "metadata"] if synced else [])


def test_nothing_of_a_failed_statement_is_left_in_chdb() -> None:
    client = FakeClient()
    connection = ChdbConnection(client, Path(), "ads")  # type: ignore[arg-type]
    client.error = driver_error(62, "Syntax error")
    before = len(client.sent)
    with pytest.raises(EngineError, match="Syntax error"):
        connection.rows(Sql("SELEC"))
    assert len(client.sent) == before + 2, "the statement, and one that drains what it left"
