"""What a run costs does not grow with what was ever loaded; and nothing that it leaves out is forgotten."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ads_pipeline.pipeline import listing
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event

TODAY = datetime.now(UTC).date()
OLD = TODAY - timedelta(days=20)
LONG_AGO = 1_700_000_000

GROWN = (
    """INSERT INTO drops (drop, source, landed_day, etag, status, batch, lines, accepted, revision)
    SELECT concat('events/dt=', toString(landed_day), '/', batch), 'events', today() - number % 400 AS landed_day, 'old', 'loaded',
        toString(number) AS batch, 1, 1, number FROM numbers({rows})""",
    "INSERT INTO drop_days (drop, event_date, accepted, revision) SELECT drop, landed_day, 1, 1 FROM drops WHERE etag = 'old'",
    "INSERT INTO batch_days (batch, event_date, settled) SELECT batch, landed_day, 1 FROM drops WHERE etag = 'old'",
)
"""Statements that make a ledger of so many rows, all of them settled."""


@pytest.fixture(autouse=True)
def every_store_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "SMALL", 1)
    monkeypatch.setattr(listing, "QUIET", 0.0)


@pytest.fixture
def settled(home: Home) -> Home:
    """A home with loaded drops of an old day and of today, whose store was listed whole after its folders last changed."""
    for name, number in {f"events/dt={OLD}/a.ndjson": 1, f"events/dt={OLD}/b.ndjson": 2, f"events/dt={TODAY}/c.ndjson": 3}.items():
        home.land(name, event(number))
    age(home)
    assert home.ingest().listed_from is None
    return home


def age(home: Home) -> None:
    for path in Path(home.settings.landing).rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def rows_read(home: Home, call: Callable[[], object]) -> int:
    """How many rows the engine reads for a call, by its own count."""
    count = Sql("SELECT sum(value) FROM system.events WHERE event = 'SelectedRows'")
    before = int(home.warehouse.value(count))
    call()
    return int(home.warehouse.value(count)) - before


def test_an_idle_run_reads_no_more_of_a_large_ledger(settled: Home) -> None:
    settled.ingest()
    young = rows_read(settled, settled.ingest)
    for sql in GROWN:
        settled.warehouse.run(Sql(sql.format(rows=300_000)))
    for table in ("drops", "drop_days", "batch_days"):
        settled.warehouse.run(Sql(f"OPTIMIZE TABLE {table} FINAL"))
    settled.ingest()  # finds that each count adds up, and notes it
    assert rows_read(settled, settled.ingest) < young + 20_000


def test_a_drop_that_lands_in_an_old_folder_is_loaded_at_once(settled: Home) -> None:
    settled.land(f"events/dt={OLD}/late.ndjson", event(4))
    report = settled.ingest()
    assert report.counts.accepted == 1
    assert report.listed_from == TODAY - timedelta(days=2)


def test_what_a_folder_does_not_tell_of_is_loaded_when_the_store_is_listed_whole(settled: Home, make_home: Callable[..., Home]) -> None:
    path = Path(settled.settings.landing) / f"events/dt={OLD}/a.ndjson"
    with path.open("a") as file:  # neither its folder's time nor its name changes
        file.write(path.read_text().replace('"e1"', '"e9"'))
    assert settled.ingest().drops == 0
    run = begin_run(settled.warehouse, settled.settings)
    report = ingest(run, settled.store, whole=True)
    assert (report.counts.accepted, report.listed_from) == (2, None)
    always = make_home(list_whole_every=timedelta(0))
    assert always.ingest().listed_from is None


def test_a_drop_that_is_not_done_with_is_found_wherever_it_lies(settled: Home) -> None:
    name = f"events/dt={OLD}/a.ndjson"
    again = f"INSERT INTO drops SELECT * REPLACE ('pending' AS status, revision + 1 AS revision) FROM drops FINAL WHERE drop = '{name}'"
    settled.warehouse.run(Sql(again))
    report = settled.ingest()
    assert (report.drops, report.listed_from) == (1, TODAY - timedelta(days=2))
    assert settled.ask("SELECT toString(status) AS status, count() AS drops FROM drops FINAL GROUP BY status") == [
        {"status": "loaded", "drops": 3}
    ]


def test_a_run_that_dies_leaves_nothing_of_an_old_folder_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.land(f"events/dt={OLD}/a.ndjson", event(1))
    home.land(f"events/dt={TODAY}/b.ndjson", event(2))
    age(home)
    run = begin_run(home.warehouse, home.settings)
    assert ingest(run, home.store, limit=1).drops == 1
    report = home.ingest()
    assert (report.drops, report.listed_from) == (1, None)


@pytest.mark.parametrize(
    "loss", ["TRUNCATE TABLE drops", "ALTER TABLE drops DELETE WHERE drop LIKE '%a.ndjson' SETTINGS mutations_sync = 1"]
)
def test_a_ledger_that_lost_rows_lists_the_store_whole(loss: str, settled: Home) -> None:
    settled.warehouse.run(Sql(loss))
    report = settled.ingest()
    assert report.listed_from is None
    assert settled.ask("SELECT count() AS drops, sum(accepted) AS accepted FROM drops FINAL") == [{"drops": 3, "accepted": 3}]
    assert settled.ingest().drops == 0
