"""Examples beside SQL files, those shipped and those of a user, run by the commands on chDB."""

import json
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import SettingsError
from ads_pipeline.pipeline.examples import KINDS, Example, difference, find_examples
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse import embedded
from tests.commands import ads

SHIPPED = [example for kind in KINDS for example in find_examples(load_settings(), kind)]
FIELDS = "map('event_id', fields['id'], 'event_time', fields['at'], 'event_type', '\"click\"', 'campaign_id', fields['c'])"
SOURCE = f"SELECT *, {FIELDS} AS event FROM lines"
LINES = ['{"id": 1, "at": "2026-11-01T10:00:00Z", "c": "c1"}', '{"id": 2, "at": "soon", "c": "c1"}']
EVENT = {"event_id": "1", "event_time": "2026-11-01T10:00:00Z", "event_type": "click", "campaign_id": "c1"}


BY_DEFAULT = {"exact", "events"}
"""A check and a source whose examples run by default: tests/engine/test_checks.py and test_shipped_sources.py have the others too."""


def marked(example: Example) -> Any:
    """Examples of rollups, and those of a source in two formats, are further ones."""
    further = example.kind == "rollup" or example.name == "adbids"
    marks = [] if example.name in BY_DEFAULT else [pytest.mark.further if further else pytest.mark.slow]
    return pytest.param(example, marks=marks)


@pytest.mark.parametrize("example", [marked(example) for example in SHIPPED], ids=lambda example: f"{example.kind}-{example.title}")
def test_a_shipped_example_holds(example: Example) -> None:
    assert difference(example, load_settings()) == ""


def put(folder: Path, name: str, *lines: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def test_a_source_of_ones_own(tmp_path: Path) -> None:
    sql = tmp_path / "sql"
    put(sql, "sources/mine.sql", SOURCE)
    put(sql, "sources/mine/first/given.ndjson", *LINES)
    put(sql, "sources/mine/first/expect.ndjson", json.dumps(EVENT), '{"reasons": ["invalid:event_time"]}')
    put(sql, "sources/mine/second/given.ndjson", *LINES[:1])
    put(sql, "sources/mine/second/expect.ndjson", json.dumps(EVENT | {"campaign_id": "c2"}))
    run = ads(tmp_path / "home", "source", "test", "mine", sql_dir=str(sql), log_level="ERROR")
    assert run.returncode == 1
    got = json.dumps(EVENT, separators=(",", ":"))
    wanted = got.replace("c1", "c2")
    assert run.stdout.splitlines() == ["passed  mine/first", "FAILED  mine/second", f"    -{wanted}", f"    +{got}"]
    assert "2 examples, 1 failed" in run.stderr
    assert not (tmp_path / "home").exists()
    listed = json.loads(ads(tmp_path / "home", "source", "list", "--json", sql_dir=str(sql)).stdout)
    assert {row["source"]: row["examples"] for row in listed}["mine"] == 2


@pytest.mark.further
def test_a_rollup_and_a_check_of_ones_own(tmp_path: Path) -> None:
    sql = tmp_path / "sql"
    put(sql, "rollups/mine.sql", "SELECT event_date, country, sumSimpleState(cost) AS spent FROM events GROUP BY event_date, country")
    put(sql, "rollups/mine/first/given.ndjson", json.dumps(EVENT | {"cost": 2}), json.dumps(EVENT | {"event_id": "2", "cost": 0.5}))
    put(sql, "rollups/mine/first/expect.csv", "event_date,spent", "2026-11-01,2.5")
    put(sql, "checks/events/cheap.sql", "-- Cheap.\n-- severity: error\nSELECT countIf(cost > 1) AS observed, [] AS sample FROM events")
    put(sql, "checks/events/cheap/dear/given.ndjson", json.dumps(EVENT | {"cost": 2}))
    put(sql, "checks/events/cheap/dear/expect.csv", "asset,passed,observed", "events,false,1")
    for command in (("rollup", "test", "mine"), ("check", "--test", "cheap")):
        run = ads(tmp_path / "home", *command, sql_dir=str(sql), log_level="ERROR")
        assert (run.returncode, run.stdout.split()[0]) == (0, "passed"), run.stdout + run.stderr


@pytest.mark.further
def test_what_cannot_be_run_says_why(tmp_path: Path) -> None:
    sql = tmp_path / "sql"
    put(sql, "sources/mine.sql", SOURCE.replace("fields['id']", "nowhere"))
    put(sql, "sources/mine/first/given.ndjson", *LINES)
    put(sql, "sources/mine/first/expect.ndjson", json.dumps(EVENT))
    put(sql, "sources/bare.sql", SOURCE)
    settings = load_settings(sql_dir=sql)
    (example,) = find_examples(settings, "source", ["mine"])
    assert difference(example, settings).startswith("! mine/given.ndjson cannot be loaded: ")
    assert "nowhere" in difference(example, settings)
    for name, text in {
        "bare": "source bare has no examples: put files",
        "nope": "unknown source 'nope'; there are: adbids, adjust",
    }.items():
        run = ads(tmp_path, "source", "test", name, sql_dir=str(sql))
        assert (run.returncode, text in run.stderr) == (2, True), run.stderr


def test_without_the_embedded_engine_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"pip install 'ads-pipeline\[embedded\]'"):
        difference(SHIPPED[0], load_settings())
