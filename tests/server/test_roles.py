"""The roles that `ads init --users` makes: each does its work, and no more."""

import contextlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import clickhouse_connect
import pytest
import sqlalchemy
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from tests.commands import ads as run
from tests.docs.pages import page
from tests.engine.conftest import event
from tests.servers import Server

pytestmark = pytest.mark.further

Ads = Callable[..., "subprocess.CompletedProcess[str]"]


def run_as(user: str, server: Server, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command as one of the users."""
    return run(home, *arguments, clickhouse_dsn=f"clickhouse://{user}:x@127.0.0.1:{server.http}")


@pytest.fixture
def ads(database: Server, tmp_path: Path) -> Iterator[Ads]:
    """Runs commands as the migrator, writer or reader of a database with two loaded drops."""
    name = os.environ["ADS_DATABASE"]
    land(tmp_path, "a", event(1), event(2, cost="1"), "no json")
    made = run(tmp_path, "init", "--users")
    assert made.returncode == 0, made.stderr
    assert f"role {name}_writer for ingest" in made.stdout
    with database.connect() as client:
        for role in ("migrator", "writer", "reader"):
            client.command(f"CREATE USER {role}_user IDENTIFIED BY 'x' DEFAULT ROLE {name}_{role}")
    yield lambda user, *arguments: run_as(f"{user}_user", database, tmp_path, *arguments)
    with database.connect() as client:
        for role in ("migrator", "writer", "reader"):
            client.command(f"DROP USER {role}_user")
            client.command(f"DROP ROLE {name}_{role}")


def land(home: Path, name: str, *events: object) -> None:
    path = home / "landing" / f"{name}.ndjson"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in events))


def connected(server: Server, user: str) -> Client:
    return clickhouse_connect.get_client(
        host="127.0.0.1", port=server.http, username=f"{user}_user", password="x", database=os.environ["ADS_DATABASE"]
    )


def test_the_writer_does_all_of_its_work(ads: Ads, tmp_path: Path) -> None:
    assert ads("writer", "ingest").returncode == 0
    land(tmp_path, "b", event(1, cost="3"), event(2, cost="1"), event(3))
    today = event(1)["event_time"][:10]
    for command in (
        ["ingest"],
        ["backfill", "--from", today, "--to", today],
        ["backfill", "--plan", "--from", today, "--to", today],
        ["reload", "--from", today, "--to", today],
        ["retention"],
        ["quarantine", "replay", "--all"],
        ["quarantine", "discard", "--all"],
        ["check"],
        ["status"],
        ["doctor"],
    ):
        result = ads("writer", *command)
        assert result.returncode == 0, (command, result.stdout + result.stderr)
    rows = json.loads(ads("reader", "query", "campaign_daily", "--json").stdout)
    assert [(row["clicks"], row["cost"]) for row in rows] == [(3, 4.25)]


def test_a_reader_reconciles_and_learns_what_it_may_not_see(ads: Ads, tmp_path: Path) -> None:
    assert ads("writer", "ingest").returncode == 0
    report = tmp_path / "report.csv"
    report.write_text(f"day,clicks,cost\n{event(1)['event_time'][:10]},2,1.25\n")
    same = ads("reader", "reconcile", "campaign_daily", str(report))
    assert (same.returncode, same.stdout.splitlines()[-1]) == (0, "agrees  1 day and key within the tolerance"), same.stderr
    report.write_text(report.read_text().replace(",2,", ",3,"))
    found = ads("reader", "reconcile", "campaign_daily", str(report))
    assert found.returncode == 1, found.stderr
    assert "causes were not looked for: this user may read rollups" in found.stdout
    assert "unexplained" in ads("writer", "reconcile", "campaign_daily", str(report)).stdout


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE events", "DROP TABLE campaign_daily", "DROP VIEW campaign_daily_view", "TRUNCATE TABLE events", "DROP DATABASE {database}",
     "ALTER TABLE events ADD COLUMN x UInt8", "CREATE TABLE mine (x UInt8) ENGINE = Memory", "CREATE USER x", "SELECT * FROM system.users"],
)  # fmt: skip
def test_the_writer_can_do_no_more(statement: str, ads: Ads, database: Server) -> None:
    with connected(database, "writer") as client, pytest.raises(ClickHouseError, match="Not enough privileges"):
        client.command(statement.format(database=os.environ["ADS_DATABASE"]))


def write_own(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """A file of one's own under `ADS_SQL_DIR`."""
    path = folder / "sql" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    monkeypatch.setenv("ADS_SQL_DIR", str(folder / "sql"))


def test_a_rollup_that_throws_is_set_apart_by_who_may(ads: Ads, database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ads("writer", "ingest").returncode == 0
    select = "SELECT event_date, sumSimpleState(toUInt64(substring(event_id, 2))) AS n FROM events GROUP BY event_date"
    write_own(tmp_path, monkeypatch, "rollups/mine.sql", select)
    assert run(tmp_path, "init", "--users").returncode == 0
    land(tmp_path, "b", event("x"))  # type: ignore[arg-type]
    land(tmp_path, "c", event(4))
    refused = ads("writer", "ingest")
    assert (refused.returncode, "rollup mine fails, and this user may not drop its view mine_view: run `ads init`" in refused.stderr) == (
        1,
        True,
    )
    assert ads("reader", "query", "campaign_daily").returncode == 0
    assert "rollup mine is set apart: " in ads("migrator", "init").stderr
    for _ in range(2):
        loaded = ads("writer", "ingest")
        assert (loaded.returncode, "rollup mine is set apart" in loaded.stderr) == (0, True)
    assert ads("writer", "check", "campaign_daily").returncode == 0
    rows = json.loads(ads("reader", "query", "campaign_daily", "--json").stdout)
    assert [row["clicks"] for row in rows] == [4]
    hidden = ads("reader", "query", "mine")
    assert (hidden.returncode, "rollup mine is not made yet, or set apart" in hidden.stderr) == (2, True)


FOR_READERS = {"batch_days", "day_totals", "doubtful_days", "lookup_names", "lookups", "statements"} | {
    f"{rollup}{end}" for rollup in ("campaign_daily", "publisher_daily") for end in ("", "_report", "_stated")
}


def readable(client: Client, database: Server) -> set[str]:
    """The tables and views of the database of which this user may read a column, whatever `SHOW TABLES` lists."""
    found = set()
    with database.connect() as administrator:
        columns = f"SELECT table, name FROM system.columns WHERE database = '{os.environ['ADS_DATABASE']}'"
        for table, column in administrator.query(columns).result_rows:
            with contextlib.suppress(ClickHouseError):
                client.query(f"SELECT `{column}` FROM `{table}` LIMIT 0")
                found.add(table)
    return found


def test_the_reader_sees_rollups_only(ads: Ads, database: Server) -> None:
    assert ads("writer", "ingest").returncode == 0
    for form in ("table", "json", "csv", "parquet"):
        assert ads("reader", "query", "publisher_daily", "--format", form, "--output", f"x.{form}").returncode == 0
    with connected(database, "reader") as client:
        assert client.query("SELECT sum(clicks) FROM campaign_daily_report").result_rows == [(2,)]
        assert client.query("SELECT sum(clicks) FROM campaign_daily_stated").result_rows == [(2,)]
        assert readable(client, database) == FOR_READERS
        for statement in (
            "SELECT 1 FROM events",
            "SELECT 1 FROM state",
            "SELECT drops FROM day_totals",
            "INSERT INTO campaign_daily (event_date) VALUES (today())",
        ):
            with pytest.raises(ClickHouseError, match=r"Not enough privileges|readonly"):
                client.command(statement)
        with pytest.raises(ClickHouseError, match="max_execution_time"):
            client.query("SELECT 1", settings={"max_execution_time": 100_000})
    with database.connect() as client:  # a run that the server died under
        client.command(f"INSERT INTO {os.environ['ADS_DATABASE']}.batch_days SELECT 'dead', today(), 0, now64(3) - toIntervalDay(1)")
    with connected(database, "reader") as client:
        assert client.query("SELECT count() FROM campaign_daily_report").result_rows == [(0,)]
    answer = ads("reader", "query", "campaign_daily", "--json")
    assert (answer.returncode, json.loads(answer.stdout), answer.stderr[:10]) == (0, [], "left out: ")
    for command in (["ingest"], ["init"], ["retention"]):
        result = ads("reader", *command)
        assert result.returncode == 1
        assert "lacks a right" in result.stderr or "may only read" in result.stderr, result.stderr


def test_the_migrator_makes_what_is_new(ads: Ads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    select = "SELECT event_date, country, sumSimpleState(toUInt64(1)) AS events FROM events GROUP BY event_date, country"
    write_own(tmp_path, monkeypatch, "rollups/country_daily.sql", select)
    refused = ads("writer", "ingest")
    assert (refused.returncode, "lacks a right" in refused.stderr) == (1, True)
    monkeypatch.setenv("ADS_RETENTION_DAYS", "40")
    result = ads("migrator", "init")
    assert result.returncode == 0, result.stderr
    assert "create rollup country_daily" in result.stdout
    loaded = ads("writer", "ingest")
    assert loaded.returncode == 0, loaded.stderr
    assert json.loads(ads("writer", "query", "country_daily", "--json").stdout)[0]["events"] == 2


def test_a_reader_sees_names(ads: Ads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_own(tmp_path, monkeypatch, "lookups/campaign_id.csv", "key,name\nc1,Spring\n")
    loaded = ads("writer", "ingest")
    assert loaded.returncode == 0, loaded.stderr
    answer = ads("reader", "query", "campaign_daily", "--by", "campaign_id", "--names")
    assert (answer.returncode, "Spring" in answer.stdout) == (0, True), answer.stdout + answer.stderr


def test_a_bi_tool_finds_and_reads_reports_as_a_reader(ads: Ads, database: Server) -> None:
    """By the dialect that Superset uses, and with the SQL of the documentation."""
    assert ads("writer", "ingest").returncode == 0
    name = os.environ["ADS_DATABASE"]
    engine = sqlalchemy.create_engine(f"clickhousedb://reader_user:x@127.0.0.1:{database.http}/{name}")
    found = sqlalchemy.inspect(engine)
    assert {"campaign_daily_report", "campaign_daily_stated"} <= {*found.get_table_names(name), *found.get_view_names(name)}
    columns = {column["name"] for column in found.get_columns("campaign_daily_report", schema=name)}
    assert {"event_date", "campaign_id", "cost", "ctr"} <= columns
    today = event(1)["event_time"][:10]
    example = next(sql for sql in page("docs/server.md").blocks("sql") if "spent" in sql).replace("'2026-11-30'", f"'{today}'")
    with engine.connect() as connection:
        totals, users = (connection.execute(sqlalchemy.text(sql)).all() for sql in example.strip().removesuffix(";").split(";"))
    assert [(row.campaign_id, float(row.spent)) for row in totals] == [("c1", 1.25)]
    assert len(users) == 1
    engine.dispose()


def test_a_reader_sees_what_was_stated(ads: Ads, database: Server, tmp_path: Path) -> None:
    yesterday = str(datetime.now(UTC).date() - timedelta(days=1))
    land(tmp_path, "b", event(3, day=yesterday))
    assert ads("writer", "ingest").returncode == 0
    assert ads("writer", "close", "--to", yesterday).returncode == 0
    land(tmp_path, "c", event(4, day=yesterday))
    assert ads("writer", "ingest").returncode == 0
    with connected(database, "reader") as client:
        for form, clicks in (("report", 2), ("stated", 1)):
            asked = client.query(f"SELECT clicks FROM campaign_daily_{form} WHERE event_date = '{yesterday}'")
            assert asked.result_rows == [(clicks,)]
    answer = ads("reader", "query", "campaign_daily", "--as-stated", "--to", yesterday, "--json")
    assert (answer.returncode, [row["clicks"] for row in json.loads(answer.stdout)]) == (0, [1]), answer.stderr


def test_the_embedded_engine_has_no_users(tmp_path: Path) -> None:
    result = run(tmp_path, "init", "--users")
    assert (result.returncode, "--users is for a ClickHouse server" in result.stderr) == (2, True)
