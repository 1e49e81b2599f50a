"""A field more in the contract is one line: `make generate` does the rest, and an existing home takes it."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.api.conftest import Service
from tests.commands import ads, environment_of
from tests.copies import copy_with_a_field_more, generate, python_of
from tests.engine.conftest import event

TODAY = event(0)["event_time"][:10]
TOO_LONG = "x" * 129

ROLLUP = """\
-- grain: one event day and placement
SELECT event_date, placement_id, sumSimpleState(toUInt64(event_type = 'click')) AS clicks
FROM events
GROUP BY event_date, placement_id
"""
SOURCE = """\
-- grain: one line of a drop
SELECT
    *,
    mapUpdate(fields, map('placement_id', {placement})) AS event
FROM lines
"""
ASK = """
import json, sys
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
with open_warehouse(load_settings(), write=False) as warehouse:
    print(json.dumps(warehouse.rows(Sql(sys.argv[1]))))
"""


JUDGE = """
import json
from datetime import date, datetime, UTC
from ads_pipeline.contract import Window, validate_line
from ads_pipeline.contract.judging import plain_lines
window = Window(date(2026, 10, 1), datetime(2026, 12, 1, tzinfo=UTC))
event = {"event_id": "e1", "event_time": "2026-11-01T10:00:00Z", "event_type": "click", "campaign_id": "c1", "placement_id": "top"}
long = event | {"placement_id": "x" * 129}
print(validate_line(json.dumps(event).encode(), window).placement_id, *validate_line(json.dumps(long).encode(), window))
print(*[bool(plain_lines(json.dumps([item]).encode(), window, 1)) for item in (event, long)])
"""


def land(home: Path, name: str, *events: dict[str, Any]) -> None:
    path = home / "landing" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".ndjson":
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
    elif path.suffix == ".csv":
        with path.open("w") as file:
            writer = csv.DictWriter(file, list(events[0]))
            writer.writeheader()
            writer.writerows(events)
    else:
        pq.write_table(pa.Table.from_pylist(list(events)), path)


def run(home: Path, *arguments: str) -> str:
    done = ads(home, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def clicks(home: Path) -> dict[str, int]:
    rows = json.loads(run(home, "query", "placement_daily", "--by", "placement_id", "--metric", "clicks", "--json"))
    return {row["placement_id"]: int(row["clicks"]) for row in rows if int(row["clicks"])}


def current(home: Path) -> dict[str, str]:
    """The placement of each event in the view for all readers."""
    command = [sys.executable, "-c", ASK, "SELECT event_id, placement_id FROM events_current"]
    done = subprocess.run(command, env=environment_of(home), capture_output=True, text=True, check=True)
    return {row["event_id"]: row["placement_id"] for row in json.loads(done.stdout)}


def post(home: Path) -> None:
    """One event that the service takes at a look, and one that it refuses."""
    service = Service(home, "--open")
    try:
        taken = httpx.post(f"{service.url}/v1/events", json=[event(5, placement_id="http", cost=0.25)])
        assert (taken.status_code, taken.json()["accepted"]) == (202, 1), taken.text
        refused = httpx.post(f"{service.url}/v1/events?on_error=reject", json=event(6, placement_id=TOO_LONG))
        assert refused.json()["rejected"] == [{"index": 0, "reasons": ["invalid:placement_id"]}]
        properties = httpx.get(f"{service.url}/openapi.json").json()["components"]["schemas"]["Event"]["properties"]
        assert properties["placement_id"]["maxLength"] == 128
    finally:
        service.stop()


def test_a_line_and_make_generate(tmp_path: Path) -> None:
    copy_with_a_field_more(tmp_path)
    migrations = [
        "sql/migrations/events_placement_id.sql",
        "sql/migrations/corrections_placement_id.sql",
        "sql/migrations/events_current.sql",
    ]
    assert generate(tmp_path) == [
        "sql/ingest/contract.sql",
        "sql/ingest/plain.sql",
        "sql/ingest/plain_records.sql",
        "sql/ingest/uniform.sql",
        "docs/contract.md",
        *migrations,
    ]
    assert generate(tmp_path) == []
    assert "is_long(placement_id_text) AS bad_placement_id" in (tmp_path / "sql" / "ingest" / "contract.sql").read_text()
    assert python_of(tmp_path, "-c", JUDGE).split() == ["top", "invalid:placement_id", "True", "False"]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("engine")
def test_a_new_field_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    land(home, "old.ndjson", event(1, placement_id="old"))
    run(home, "ingest")

    copy_with_a_field_more(copy)
    generate(copy)
    (copy / "sql" / "rollups" / "placement_daily.sql").write_text(ROLLUP)
    source = copy / "sql" / "sources" / "media.sql"
    source.write_text(SOURCE.format(placement="toJSONString(repeat('x', 129))"))
    monkeypatch.setenv("PYTHONPATH", str(copy))
    run(home, "init")
    assert current(home) == {"e1": ""}

    land(home, "new.ndjson", event(2, placement_id="ndjson"), event(7, placement_id=TOO_LONG))
    land(home, "new.csv", event(3, placement_id="csv"))
    land(home, "new.parquet", event(4, placement_id="parquet"))
    land(home, "media/a.ndjson", event(8, slot="mapped"))
    post(home)
    run(home, "ingest")
    assert clicks(home) == {"": 1, "ndjson": 1, "csv": 1, "parquet": 1, "http": 1}
    held = json.loads(run(home, "quarantine", "list", "--json"))
    assert sorted((row["drop"], row["reasons"]) for row in held) == [
        ("media/a.ndjson", ["invalid:placement_id"]),
        ("new.ndjson", ["invalid:placement_id"]),
    ]

    source.write_text(SOURCE.format(placement="fields['slot']"))
    assert "1 loaded, 1 still refused" in run(home, "quarantine", "replay", "--all")
    land(home, "zz_correction.ndjson", event(2, placement_id="moved"), event(3, placement_id="csv"))
    report = json.loads(run(home, "ingest", "--json"))
    assert (report["corrections"], report["duplicates"]) == (1, 1)
    run(home, "reload", "--from", TODAY, "--to", TODAY)
    wanted = {"old": 1, "moved": 1, "csv": 1, "parquet": 1, "http": 1, "mapped": 1}
    assert clicks(home) == wanted
    run(home, "backfill", "placement_daily", "--from", TODAY, "--to", TODAY)
    assert clicks(home) == wanted
    assert current(home) == {"e1": "old", "e2": "moved", "e3": "csv", "e4": "parquet", "e5": "http", "e8": "mapped"}
    run(home, "check")
