"""`ads erase` by the command line: the whole home, its spool, Dagster's records and logs too; who may not, and what it says."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ads_pipeline.inbox.committer import Committer, Submission
from tests.byte_scan import files_with
from tests.commands import ads

TODAY = datetime.now(UTC).date().isoformat()


def line(number: int, user: str, **fields: object) -> str:
    basic = {"event_id": f"e{number}", "event_time": f"{TODAY}T00:00:01Z", "event_type": "click", "campaign_id": "c1", "user_id": user}
    return json.dumps(basic | fields) + "\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a person in a drop, a failed drop, the spool, a database of Dagster's, a receipt and a log."""
    home = tmp_path / "home"
    (home / "landing").mkdir(parents=True)
    (home / "landing" / "a.ndjson").write_text(line(1, "person-x") + line(2, "person-y") + "no json of person-x\n" + line(3, "person-y"))
    (home / "landing" / "b.csv").write_text("event_id,person-x,person-x\n1,2,3\n")
    assert ads(home, "ingest").returncode == 1
    committer = Committer(home / "spool", 1 << 20)
    committer.commit(Submission(line(4, "person-x").encode() + line(5, "person-y").encode(), {"refused": ["person-x"]}, "k", "d")).result()
    committer.close()
    (home / "dagster" / "storage").mkdir(parents=True)
    with sqlite3.connect(home / "dagster" / "storage" / "runs.db") as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE event_logs (id INTEGER PRIMARY KEY, event TEXT)")
        database.executemany("INSERT INTO event_logs (event) VALUES (?)", [[f"{{'user': '{name}'}}"] for name in ("person-x", "person-y")])
        database.execute("DELETE FROM event_logs WHERE id = 1")
        database.execute("INSERT INTO event_logs (event) VALUES ('person-x again')")
    database.close()
    (home / "dagster" / "compute.err").write_text("refused person-x, not person-xy\n")
    return home


def test_nothing_of_a_person_is_left_in_a_home(home: Path) -> None:
    before = sorted(path for path in home.rglob("*") if path.is_file() and "clickhouse" not in path.parts)
    planned = ads(home, "erase", "--user-id", "person-x", "--plan", "--json")
    assert json.loads(planned.stdout)["events"] == 1
    assert sorted(path for path in home.rglob("*") if path.is_file() and "clickhouse" not in path.parts) == before

    done = ads(home, "erase", "--user-id", "person-x", "--json")
    certificate = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    # a drop that cannot be loaded has no lines that could be told apart: the text that names the person goes
    assert certificate["drops_not_read"].keys() == {"b.csv"}
    assert (home / "landing" / "b.csv").read_text() == "\n1,2,3\n"
    assert "dagster/storage/runs.db" in certificate["files_masked"]
    assert (certificate["events"], certificate["quarantined"], certificate["complete"]) == (1, 1, True)
    assert files_with(home, ["person-x\n", "person-x ", 'person-x"', "person-x,", "person-x'"]) == []
    assert (home / "dagster" / "compute.err").read_text() == "refused ********, not person-xy\n"
    ads(home, "ingest")
    rows = json.loads(ads(home, "query", "campaign_daily", "--by", "campaign_id", "--metric", "clicks,users", "--format", "json").stdout)
    assert rows == [{"campaign_id": "c1", "clicks": 3, "users": 1}]


@pytest.mark.further
def test_without_the_key_nothing_is_loaded(home: Path) -> None:
    (home / "landing" / "b.csv").unlink()
    assert ads(home, "erase", "--user-id", "person-x").returncode == 0
    (home / "erasure.key").rename(home / "elsewhere")
    (home / "landing" / "c.ndjson").write_text(line(6, "person-x"))
    refused = ads(home, "ingest")
    assert refused.returncode == 2
    assert "erasure.key" in refused.stderr
    (home / "elsewhere").rename(home / "erasure.key")
    report = json.loads(ads(home, "ingest", "--json").stdout)
    assert report["ignored_reasons"] == {"erased": 1}


def test_it_asks_for_ids(tmp_path: Path) -> None:
    assert ads(tmp_path, "erase").returncode == 2
    assert ads(tmp_path, "erase", "--user-id", "x" * 129).returncode == 2
