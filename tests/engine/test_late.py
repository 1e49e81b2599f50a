"""What is late by the clock fails a check: drops that wait to be loaded, and drops that do not come."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.generate import generate
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline import waiting
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.ledger import retry
from ads_pipeline.pipeline.quality import CheckResult, choose_checks, run_check
from ads_pipeline.pipeline.run import open_run, open_to_read
from ads_pipeline.settings import load_settings
from tests.commands import ads
from tests.engines import drop_databases, use_database
from tests.servers import Server

HOUR = 3600


def put(home: Path, name: str, text: str = "no json\n", hours: float = 2) -> None:
    path = home / "landing" / "events" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    landed = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
    os.utime(path, (landed, landed))


def check(home: Path, name: str, **variables: Any) -> CheckResult:
    settings = load_settings(home=home, **variables)
    (chosen,) = choose_checks(settings, (name,))
    with open_to_read(settings) as warehouse:
        return run_check(warehouse, settings, chosen)


def load(home: Path) -> None:
    settings = load_settings(home=home)
    with open_run(settings) as run:
        ingest(run, open_store(settings))


@pytest.mark.each_engine
def test_drops_that_wait_fail_a_check(tmp_path: Path, engine: str) -> None:
    load(tmp_path)
    assert check(tmp_path, "drops_waiting").passed
    for name in ("a.ndjson", "dt=2026-01-02/b.ndjson", "c.ndjson"):
        put(tmp_path, name)
    put(tmp_path, "new.ndjson", hours=0)
    put(tmp_path, "not-yet.ndjson.tmp")
    found = check(tmp_path, "drops_waiting")
    assert (found.passed, found.observed, [text.split(" ")[0] for text in found.sample]) == (
        False, 3, ["events/a.ndjson", "events/c.ndjson", "events/dt=2026-01-02/b.ndjson"],
    )  # fmt: skip
    assert check(tmp_path, "drops_waiting", waiting_alert=timedelta(hours=3)).passed
    put(tmp_path, "c.ndjson.gz")
    load(tmp_path)  # c.ndjson.gz is none and has failed: another check's matter
    assert check(tmp_path, "drops_waiting").passed
    put(tmp_path, "a.ndjson", "overwritten\n")
    assert check(tmp_path, "drops_waiting").observed == 1
    with open_run(load_settings(home=tmp_path)) as run:
        retry(run.warehouse, ["events/c.ndjson.gz"])
    assert check(tmp_path, "drops_waiting").observed == 2


def test_a_server_that_somebody_writes_to_has_no_drop_that_waits(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    use_database(server, monkeypatch)
    put(tmp_path, "a.ndjson")
    with open_run(load_settings(home=tmp_path)):
        assert check(tmp_path, "drops_waiting").passed
    assert not check(tmp_path, "drops_waiting").passed
    drop_databases(server)


def test_a_store_that_cannot_be_listed_fails_the_check_and_says_why(tmp_path: Path) -> None:
    done = ads(tmp_path, "check", "drops_waiting", landing_url=str(tmp_path / "none"))
    assert done.returncode == 1
    assert "does not exist: create it, or set ADS_LANDING_URL" in done.stdout


def test_a_page_ends_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAGE", 7)
    settings = load_settings(home=tmp_path)
    for number in range(40):
        put(tmp_path, f"{number:03}.ndjson")
    load(tmp_path)
    for number in range(40):  # the ledger keeps those that are gone
        if number % 3:
            (tmp_path / "landing" / "events" / f"{number:03}.ndjson").unlink()
    for number in (-1, 11, 22, 99):
        put(tmp_path, f"{number:03}x.ndjson")
    (chosen,) = choose_checks(settings, ("drops_waiting",))
    with open_to_read(settings) as warehouse:
        assert run_check(warehouse, settings, chosen).observed == 4


def test_drops_that_do_not_come_warn(tmp_path: Path, engine: str) -> None:
    load(tmp_path)
    assert check(tmp_path, "recent").passed
    generate(tmp_path / "landing", events=100, days=1, drops=1)
    for path in (tmp_path / "landing").rglob("*.ndjson*"):
        landed = datetime.now(UTC).timestamp() - 40 * HOUR
        os.utime(path, (landed, landed))
    load(tmp_path)
    found = check(tmp_path, "recent")
    assert (found.passed, found.severity, found.observed) == (False, "warning", 40.0)
    assert "the newest drop is events/" in found.sample[0]
    assert check(tmp_path, "recent", fresh_within=timedelta(hours=41)).passed
    assert check(tmp_path, "recent", fresh_within=timedelta()).passed
    put(tmp_path, "now.ndjson", hours=0)
    load(tmp_path)
    assert check(tmp_path, "recent").passed
