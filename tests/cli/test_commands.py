"""The command line as people and scripts use it: JSON shapes, exit codes, and the reference in step with it."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.cli import COMMANDS
from tests.commands import ADS, start
from tests.forked import run_forked

pytestmark = pytest.mark.xdist_group("cli_commands")  # one process makes the module's home

ROOT = Path(__file__).parents[2]
LINE = '{"event_id":"%s","event_time":"%s","event_type":"click","campaign_id":"c1","cost":0.1}\n'


def ads(*arguments: str, code: int = 0, **environment: str) -> str:
    """Standard output of a command that is to end with this code."""
    result = run_forked([ADS, *arguments], os.environ | environment)
    assert result.returncode == code, result.stderr
    ads.stderr = result.stderr  # type: ignore[attr-defined]
    return result.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with generated drops, a broken one, and what an ingest made of them."""
    home = tmp_path_factory.mktemp("home")
    ads(
        "generate",
        "--out",
        str(home / "landing"),
        "--events",
        "2000",
        "--days",
        "3",
        "--drops",
        "4",
        "--malformed",
        "2",
        "--duplicates",
        "5",
    )
    (home / "landing" / "broken.ndjson.gz").write_bytes(b"no gzip")
    report = json.loads(ads("ingest", "--json", code=1, ADS_HOME=str(home)))
    assert ",".join(report) == (
        "batches,drops,failed_drops,lines,records,ignored,ignored_reasons,accepted,duplicates,corrections,quarantined,bytes,seconds,event_days"
    )
    assert (report["drops"], report["failed_drops"], report["accepted"], report["duplicates"], report["quarantined"]) == (
        4,
        1,
        2000,
        100,
        40,
    )
    return home


@pytest.fixture(autouse=True)
def use_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADS_HOME", str(home))


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_and_a_line_in_the_reference(command: str) -> None:
    assert COMMANDS[command]
    assert "Usage: ads " + command in ads(command, "--help")
    assert re.search(rf"`ads {command}\b", (ROOT / "docs" / "commands.md").read_text())


def test_query_as_json_csv_parquet_and_table(tmp_path: Path) -> None:
    rows = json.loads(ads("query", "campaign_daily", "--format", "json", "--limit", "3"))
    assert ",".join(rows[0]) == ("event_date,campaign_id,ad_id,impressions,clicks,conversions,cost,revenue,users,ctr,cvr,cpm,cpc,cpa,roas")
    total = json.loads(ads("query", "campaign_daily", "--by", "", "--metric", "impressions,clicks,conversions", "--json"))[0]
    assert sum(total.values()) == 2000
    table = list(
        csv.DictReader(
            io.StringIO(ads("query", "publisher_daily", "--by", "country", "--metric", "cost", "--format", "csv", "--order-by", "-cost"))
        )
    )
    costs = [float(row["cost"]) for row in table]
    assert costs == sorted(costs, reverse=True)
    ads("query", "publisher_daily", "--format", "parquet", "--output", str(tmp_path / "x.parquet"))
    assert (tmp_path / "x.parquet").read_bytes()[:4] == b"PAR1"
    assert "campaign_id" in ads("query", "campaign_daily", "--by", "campaign_id")


def test_query_filters_by_bound_values() -> None:
    countries = json.loads(ads("query", "publisher_daily", "--by", "country", "--where", "country=DE", "--where", "country=FR", "--json"))
    assert [row["country"] for row in countries] == ["DE", "FR"]
    assert json.loads(ads("query", "publisher_daily", "--by", "country", "--where", "country=x' OR 1=1 --\\", "--json")) == []
    assert json.loads(ads("query", "publisher_daily", "--from", "1999-01-01", "--to", "1999-01-02", "--json")) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["query", "nope"], "unknown rollup 'nope'; there are: campaign_daily, publisher_daily"),
        (["query", "campaign_daily", "--by", "country"], "unknown dimension 'country' of campaign_daily; there are: event_date"),
        (["query", "campaign_daily", "--metric", "x"], "unknown metric 'x' of campaign_daily; there are: impressions"),
        (["query", "campaign_daily", "--order-by", "x"], "unknown column to order by 'x'; there are:"),
        (["query", "campaign_daily", "--where", "country"], "has no =: write COL=VALUE"),
        (["query", "campaign_daily", "--from", "1.1.2026"], "write it as YYYY-MM-DD"),
        (["backfill", "--from", "2026-11-02", "--to", "2026-11-01"], "swap --from and --to"),
        (["backfill", "nope", "--from", "2026-11-01", "--to", "2026-11-01"], "unknown rollup 'nope'"),
        (["check", "nope"], "unknown check 'nope'"),
        (["ingest", "--source", "nope"], "unknown source 'nope'; there are: adbids, adjust"),
        (["drops", "show", "nope"], "the ledger has no drop 'nope'"),
        (["drops", "retry"], "name drops, or use --all"),
        (["quarantine", "show", "nope"], "quarantine holds no line 'nope'"),
        (["generate", "--out", "x", "--events", "5", "--drops", "9"], "a drop needs an event"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(arguments: list[str], said: str) -> None:
    assert ads(*arguments, code=2) == ""
    assert said in ads.stderr  # type: ignore[attr-defined]
    assert "Traceback" not in ads.stderr  # type: ignore[attr-defined]


def test_wrong_settings_are_told_and_end_with_2() -> None:
    ads("status", code=2, ADS_RETENTION_DAYS="soon")
    assert ads.stderr.startswith("Error: ADS_RETENTION_DAYS is 'soon'")  # type: ignore[attr-defined]


def test_checks_as_json_and_exit_codes() -> None:
    results = json.loads(ads("check", "--json", code=1))
    assert list(results[0]) == ["check", "asset", "severity", "passed", "observed", "sample"]
    assert [result["check"] for result in results if not result["passed"]] == ["no_failed_drop"]
    assert "passed" in ads("check", "campaign_daily.exact")


def test_the_ledger_as_json(home: Path) -> None:
    drops = json.loads(ads("drops", "list", "--json"))
    assert list(drops[0]) == [
        "drop", "source", "status", "landed_day", "size", "lines", "records", "ignored", "accepted", "duplicates", "corrections",
        "quarantined", "error", "hint", "ignored_reasons",
    ]  # fmt: skip
    (failed,) = json.loads(ads("drops", "list", "--status", "failed", "--json"))
    assert failed["drop"] == "broken.ndjson.gz"
    assert "inflate failed" in failed["error"]
    assert json.loads(ads("ingest", "--json"))["drops"] == 0
    ads("drops", "retry", "broken.ndjson.gz")
    assert json.loads(ads("ingest", "--json", code=1))["failed_drops"] == 1
    assert "failed: broken.ndjson.gz: " in ads.stderr  # type: ignore[attr-defined]


def test_quarantine_as_json() -> None:
    lines: list[dict[str, Any]] = json.loads(ads("quarantine", "list", "--json"))
    assert list(lines[0]) == ["id", "drop", "source", "line_number", "record", "reasons", "line", "quarantined_at"]
    assert len(lines) == 40
    assert json.loads(ads("quarantine", "show", lines[0]["id"], "--json"))["line"] == lines[0]["line"]
    assert len(json.loads(ads("quarantine", "list", "--reason", "not_json", "--json"))) < 40


def test_status_and_doctor() -> None:
    status = json.loads(ads("status", "--json"))
    assert {row["status"]: row["drops"] for row in status["drops"]} == {"loaded": 4, "failed": 1}
    assert status["newest_day"]
    assert status["overdue_retention"] == []
    assert all(finding["ok"] for finding in json.loads(ads("doctor", "--json")))
    broken = json.loads(ads("doctor", "--json", code=1, ADS_LANDING_URL="/nowhere"))
    assert [finding["name"] for finding in broken if not finding["ok"]] == ["landing"]


def test_init_shows_what_would_change_and_does_it_once(home: Path) -> None:
    assert json.loads(ads("init", "--json")) == []
    assert "would keep raw rows 7 days (now 30)" in ads("init", "--dry-run", ADS_RETENTION_DAYS="7")
    ads("ingest", code=2, ADS_RETENTION_DAYS="7")
    assert "Apply it with `ads init`" in ads.stderr  # type: ignore[attr-defined]


def test_a_dry_run_of_init_makes_nothing(tmp_path: Path) -> None:
    would = ads("init", "--dry-run", ADS_HOME=str(tmp_path))
    assert "would apply migration 0001_events" in would
    assert "would create rollup campaign_daily" in would
    assert ads("init", "--dry-run", ADS_HOME=str(tmp_path)) == would


def test_a_notebook_gets_the_same_numbers(home: Path) -> None:
    code = (
        "import ads_pipeline\n"
        "frame = ads_pipeline.query_rollup('campaign_daily', by=[], metrics=['impressions', 'clicks', 'conversions'])\n"
        "print(int(frame.sum().sum()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "2000\n"


def test_two_ingests_at_once_both_end_well(tmp_path: Path) -> None:
    ads("generate", "--out", str(tmp_path / "landing"), "--events", "5000", "--days", "2", "--drops", "6", "--duplicates", "10")
    both = [start(tmp_path, "ingest", "--json") for _ in range(2)]
    outputs = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(json.loads(output)["lines"] for output, _ in outputs) == [0, 5500]
    assert any("waiting: the embedded engine" in messages for _, messages in outputs)
    ads("check", ADS_HOME=str(tmp_path))


@pytest.mark.parametrize(
    ("imported", "heavy"),
    [
        ("ads_pipeline", {"pandas", "dagster", "clickhouse_connect", "pydantic", "chdb"}),
        # what a load of NDJSON or CSV into a server takes
        ("ads_pipeline.cli.ingest, ads_pipeline.pipeline.staging.bodies", {"pandas", "dagster", "numpy", "pyarrow", "chdb"}),
    ],
)
def test_nothing_heavy_is_imported_that_is_not_needed(imported: str, heavy: set[str]) -> None:
    code = f"import sys, {imported}; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_a_time_zone_that_chdb_cannot_load_is_named(tmp_path: Path) -> None:
    ads("ingest", code=2, ADS_HOME=str(tmp_path), TZ="nonsense/zone")
    assert "if the variable TZ is set" in ads.stderr  # type: ignore[attr-defined]
    assert "not installed" not in ads.stderr  # type: ignore[attr-defined]
