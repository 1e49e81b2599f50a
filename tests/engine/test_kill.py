"""Killed with -9 at every statement of an ingest, a backfill, a loss made good or drops taken back, then run again: the same totals."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.forget import forget
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from tests.engine.test_exactness import TODAY, drop_name, ledger, random_events, raw_rows, rollup_rows, truth, write_drop
from tests.engines import fresh_database
from tests.made import put_database

RUN = str(Path(__file__).with_name("stopped_run.py"))


def prepare_drops(home: Path, verb: str = "", **overrides: Any) -> tuple[Settings, list[list[dict[str, Any]]]]:
    """Six drops: three are loaded already, three wait, with duplicates, corrections and a refused line. For `attach`, all wait."""
    rng = random.Random(7)
    settings = load_settings(home=home, **overrides)
    put_database(settings)
    drops = [random_events(rng, 20) for _ in range(6)]
    for number in range(6):
        write_drop(settings, number, [json.dumps(event) for event in drops[number]] + ["no json"])
        if number == 2 and verb != "attach":
            with open_warehouse(settings, write=True) as warehouse:
                ingest(begin_run(warehouse, settings), open_store(settings))
    return settings, drops


FORGOTTEN = 1
"""The drop that `forget` takes back."""


def run(home: Path, deadline: int, verb: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, RUN, str(home), str(deadline), verb, "KILL", drop_name(FORGOTTEN)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def lose_rows(settings: Settings) -> None:
    """A day of raw goes, as with a lost part."""
    with open_warehouse(settings, write=True) as warehouse:
        for shard in warehouse.shards:
            shard.run(Sql(f"ALTER TABLE events DROP PARTITION '{(TODAY - timedelta(days=1)).date()}'"))


def assert_exact(settings: Settings, drops: list[list[dict[str, Any]]], verb: str = "ingest") -> None:
    with open_warehouse(settings, write=True) as warehouse:
        ingest(begin_run(warehouse, settings), open_store(settings))
        if verb == "forget":
            forget(begin_run(warehouse, settings), open_store(settings), [drop_name(FORGOTTEN)])
            drops = [drop for number, drop in enumerate(drops) if number != FORGOTTEN]
        kept, totals = truth(drops)
        assert rollup_rows(warehouse) == totals
        assert set(raw_rows(warehouse)) == set(kept)
        rows = ledger(warehouse)
        red = [
            check.full_name
            for check in all_checks(settings)
            if check.severity == "error" and not run_check(warehouse, settings, check).passed
        ]
    assert red == []
    assert sum(row["lines"] for row in rows) == sum(map(len, drops)) + len(drops)
    assert sum(row["accepted"] for row in rows) == len(kept)
    assert sum(row["quarantined"] for row in rows) == len(drops)


VERBS = ("ingest", "attach", "backfill", "heal", "forget")

COUNTED: dict[tuple[str, str], int] = {}


@pytest.fixture
def statements(verb: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements the run has when it lives."""
    if (verb, engine) not in COUNTED:
        fresh_database(monkeypatch)
        settings, _ = prepare_drops(tmp_path / "alive", verb)
        if verb == "heal":
            lose_rows(settings)
        result = run(tmp_path / "alive", -1, verb)
        assert result.returncode == 0, result.stderr
        COUNTED[verb, engine] = int(result.stdout)
    fresh_database(monkeypatch)
    return COUNTED[verb, engine]


def twelfths() -> Iterator[Any]:
    """Places in each verb's run; one of an ingest by default."""
    for verb in VERBS:
        for n in range(12):
            marks = [pytest.mark.slow] * (n != 7) + [pytest.mark.each_engine if verb in ("ingest", "attach") else pytest.mark.further]
            yield pytest.param(verb, n / 12, marks=marks, id=f"{verb}-{n}")


@pytest.mark.parametrize(("verb", "share"), list(twelfths()))
def test_killed_at_a_statement(verb: str, statements: int, share: float, tmp_path: Path) -> None:
    settings, drops = prepare_drops(tmp_path, verb)
    if verb == "heal":
        lose_rows(settings)
    assert run(tmp_path, int(share * statements), verb).returncode == -9
    assert_exact(settings, drops, verb)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_every_statement(verb: str, statements: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for deadline in range(statements):
        fresh_database(monkeypatch)
        settings, drops = prepare_drops(tmp_path / str(deadline), verb)
        if verb == "heal":
            lose_rows(settings)
        assert run(tmp_path / str(deadline), deadline, verb).returncode == -9
        assert_exact(settings, drops, verb)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("engine")
def test_killed_at_random_times_again_and_again(tmp_path: Path) -> None:
    settings, drops = prepare_drops(tmp_path)
    rng = random.Random(3)
    for _ in range(15):
        process = subprocess.Popen(
            [sys.executable, RUN, str(tmp_path), "-1", "ingest", "KILL"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(rng.uniform(0.5, 4))
        process.kill()
        process.wait()
    assert_exact(settings, drops)
