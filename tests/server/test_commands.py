"""The command line on a server does what it does on chDB: the same drops, the same answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.generate import generate
from tests.commands import ads
from tests.servers import Server

ASKED = {
    "campaign_daily": ["query", "campaign_daily", "--json"],
    "publisher_daily": ["query", "publisher_daily", "--by", "country", "--order-by", "-cost", "--json"],
    "drops": ["drops", "list", "--json"],
    "checks": ["check", "--json"],
}


def answer(home: Path, *arguments: str) -> Any:
    result = ads(home, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout) if "--json" in arguments else result.stdout


def answers(home: Path) -> dict[str, Any]:
    report = answer(home, "ingest", "--json")
    found = {name: answer(home, *command) for name, command in ASKED.items()}
    refused = [{key: row[key] for key in ("drop", "reasons", "line")} for row in answer(home, "quarantine", "list", "--json")]
    found["quarantine"] = sorted(refused, key=lambda row: (row["drop"], row["line"]))
    found["report"] = {name: value for name, value in report.items() if name != "seconds"}
    return found


@pytest.mark.slow
def test_the_demo_runs_on_a_server(database: Server, tmp_path: Path) -> None:
    said = answer(tmp_path, "demo")
    assert said.count("passed ") == 13
    assert "campaign_daily.equals_generated_truth" in said


@pytest.mark.further
def test_a_server_answers_as_chdb_does(database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shares: dict[str, Any] = {"duplicates": 5, "corrections": 3, "malformed": 2, "late": 4}
    generate(tmp_path / "landing", events=5000, days=4, drops=12, seed=9, **shares)
    of_server = answers(tmp_path)
    monkeypatch.delenv("ADS_CLICKHOUSE_DSN")
    monkeypatch.delenv("ADS_DATABASE")
    of_chdb = answers(tmp_path)
    for name, found in of_chdb.items():
        assert of_server[name] == found, name
