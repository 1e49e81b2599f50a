"""Drops of every format and compression, odd ones and unreadable ones, through a real ingest."""

import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from ads_pipeline.pipeline.ledger import read_ledger, retry
from ads_pipeline.pipeline.run import apply_changes
from ads_pipeline.pipeline.staging import bodies, items
from tests.compression import zstd
from tests.engine.conftest import Home, event

TIME = f"{datetime.now(UTC).date()}T00:00:01.500Z"
CSV = f'event_id,event_time,event_type,campaign_id,cost,city\na,{TIME},click,7,0.5,"Köln, ""Deutz"""\nb,{TIME},click,8,,\n'


def write(home: Home, name: str, content: bytes) -> None:
    path = Path(home.settings.landing) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.each_engine
def test_csv(home: Home) -> None:
    write(home, "a.csv", CSV.encode())
    write(home, "b.csv.zst", zstd.compress(CSV.replace("a,", "c,").replace("b,", "d,").encode()))
    report = home.ingest()
    assert (report.counts.accepted, report.counts.quarantined) == (4, 0)
    rows = home.ask("SELECT event_id, campaign_id, cost, attributes FROM events FINAL ORDER BY event_id")
    assert rows[0] == {"event_id": "a", "campaign_id": "7", "cost": Decimal("0.5"), "attributes": {"city": 'Köln, "Deutz"'}}
    assert rows[1] == {"event_id": "b", "campaign_id": "8", "cost": Decimal(0), "attributes": {}}


@pytest.mark.each_engine
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_an_empty_cell_at_the_end_of_a_line_leaves_the_one_above_it_alone(home: Home, end: str) -> None:
    """Newer engines took a space from the end of the cell above, and no longer knew where the cells were."""
    lines = [
        "event_id,event_time,event_type,campaign_id,city",
        f'"a","{TIME}","click","c1","Bonn "',
        f"b,{TIME},click,c1,",
        f"c,{TIME},click,c1,x",
    ]
    write(home, "a.csv", "".join(line + end for line in lines).encode())
    assert home.ingest().counts.accepted == 3
    rows = home.ask("SELECT attributes FROM events FINAL ORDER BY event_id")
    assert [row["attributes"] for row in rows] == [{"city": "Bonn "}, {}, {"city": "x"}]


def test_a_csv_record_with_too_many_cells_is_refused_and_a_short_one_is_judged(home: Home) -> None:
    write(
        home,
        "a.csv",
        f"event_id,event_time,event_type,campaign_id\na,{TIME},click,c1,surplus\nb,{TIME},click\nc,{TIME},click,c1\n".encode(),
    )
    assert home.ingest().counts.accepted == 1
    held = home.ask("SELECT line_number, reasons, line FROM quarantine FINAL ORDER BY line_number")
    assert [(row["line_number"], row["reasons"]) for row in held] == [(1, ["not_object"]), (2, ["missing:campaign_id"])]
    assert "surplus" in held[0]["line"]


@pytest.mark.each_engine
def test_parquet(home: Home) -> None:
    frame = pd.DataFrame(
        {
            "event_id": [1, 2],
            "event_time": pd.to_datetime([TIME, TIME]),
            "event_type": ["click", "impression"],
            "campaign_id": ["c", "d"],
            "cost": [0.1, 2.0],
        }
    )
    path = Path(home.settings.landing)
    frame.to_parquet(path / "a.parquet")
    report = home.ingest()
    assert (report.counts.accepted, report.counts.quarantined) == (2, 0), home.ask("SELECT reasons, line FROM quarantine")
    rows = home.ask("SELECT event_id, cost, toString(event_time) AS time FROM events FINAL ORDER BY event_id")
    assert [(row["event_id"], row["cost"]) for row in rows] == [("1", Decimal("0.1")), ("2", Decimal(2))]
    assert rows[0]["time"] == TIME.replace("T", " ").rstrip("Z").replace(".500", ".500")


@pytest.mark.each_engine
def test_an_unreadable_drop_fails_alone_and_can_be_tried_again(home: Home) -> None:
    whole = gzip.compress("".join(f'{{"event_id":"e{n}"}}\n' for n in range(50_000)).encode())
    write(home, "truncated.ndjson.gz", whole[: len(whole) // 2])
    write(home, "wrong.parquet", b"PAR1 but no more")
    write(home, "wrong.ndjson.zst", b"no zstandard")
    write(home, "truncated.ndjson.zst", zstd.compress(b'{"event_id":"e"}\n' * 50_000)[:-9])
    write(home, "unknown/a.ndjson", b"{}\n")
    home.land("good.ndjson", event(1))
    report = home.ingest()
    assert sorted(report.errors) == ["truncated.ndjson.gz", "truncated.ndjson.zst", "unknown/a.ndjson", "wrong.ndjson.zst", "wrong.parquet"]
    assert (report.drops, report.counts.lines, report.counts.accepted) == (1, 1, 1)
    assert "add sql/sources/unknown.sql" in report.errors["unknown/a.ndjson"]
    assert home.ask("SELECT count() AS n FROM quarantine") == [{"n": 0}]
    assert home.ingest().failed_drops == 0

    write(home, "truncated.ndjson.gz", gzip.compress(b"{}\n"))
    assert home.ingest().counts.quarantined == 1
    assert len(retry(home.warehouse, [])) == 4
    assert home.ingest().failed_drops == 4
    assert {row["drop"]: row["status"] for row in read_ledger(home.warehouse)}["truncated.ndjson.gz"] == "loaded"


@pytest.mark.each_engine
def test_odd_lines_and_empty_drops(home: Home) -> None:
    write(home, "empty.ndjson", b"")
    write(home, "blank.ndjson", b"\n\r\n  \n")
    write(home, "windows.ndjson", b'{"event_id":"w","event_time":"%s","event_type":"click","campaign_id":"c"}\r\n' % TIME.encode())
    write(home, "unfinished.ndjson", b'{"event_id":"u","event_time":"%s","event_type":"click","campaign_id":"c"}' % TIME.encode())
    write(home, "bytes.ndjson", b"\xff\xfe\x00\n")
    write(home, "long.ndjson", b'{"event_id":"' + b"x" * (1 << 20) + b'"}\n')
    report = home.ingest()
    assert (report.drops, report.counts.lines, report.counts.accepted, report.counts.quarantined) == (6, 4, 2, 2)
    reasons = {row["drop"]: row["reasons"] for row in home.ask("SELECT drop, reasons FROM quarantine FINAL")}
    assert reasons == {"bytes.ndjson": ["not_json"], "long.ndjson": ["too_long"]}


def test_gzip_with_zero_padding(home: Home) -> None:
    write(home, "a.ndjson.gz", gzip.compress(json.dumps(event(1)).encode()) + bytes(1024))
    write(home, "b.csv.gz", gzip.compress(CSV.encode()) + bytes(1024))
    report = home.ingest()
    assert (report.errors, report.counts.accepted) == ({}, 3)


@pytest.mark.each_engine
def test_a_drop_with_a_name_full_of_signs(home: Home) -> None:
    name = "a, {b} [c]*?'\"`é\\ \n.ndjson"
    home.land(name, event(1))
    assert home.ingest().drops == 1
    assert home.ask("SELECT drop FROM events") == [{"drop": name}]


def test_many_small_drops_become_few_parts(home: Home) -> None:
    for number in range(300):
        home.land(f"events/{number:04}.ndjson", *(event(number * 10 + place) for place in range(10)))
    report = home.ingest()
    assert (report.drops, report.batches, report.counts.accepted) == (300, 1, 3000)
    assert home.ask("SELECT count() AS parts FROM system.parts WHERE table = 'events' AND active")[0]["parts"] <= 2


@pytest.mark.each_engine
def test_an_overwritten_drop_is_loaded_as_it_is_now(home: Home) -> None:
    home.land("a.ndjson", event(1), event(2))
    home.ingest()
    home.land("a.ndjson", event(1, cost="0.5"), event(2), event(3))
    os.utime(Path(home.settings.landing) / "a.ndjson")
    report = home.ingest()
    assert (report.counts.lines, report.counts.accepted) == (3, 3)
    assert home.ask("SELECT clicks, cost FROM campaign_daily_report") == [{"clicks": 3, "cost": Decimal("1.0")}]


def home_with_source(make_home: Callable[..., Home], tmp_path: Path, select: str) -> tuple[Home, Path]:
    """A home with the source `odd` besides the shipped ones, and the file of it."""
    source = tmp_path / "sql" / "sources" / "odd.sql"
    source.parent.mkdir(parents=True)
    source.write_text(select)
    home = make_home(sql_dir=tmp_path / "sql")
    apply_changes(home.warehouse, home.settings)
    return home, source


def test_a_line_that_the_select_of_a_source_cannot_take_costs_its_drop_alone(make_home: Callable[..., Home], tmp_path: Path) -> None:
    home, _ = home_with_source(
        make_home, tmp_path, "SELECT *, mapApply((k, v) -> (k, if(k = 'cost', toString(toUInt32(v) / 10), v)), fields) AS event FROM lines"
    )
    for number in range(9):
        home.land(f"odd/{number}.ndjson", event(number, cost=5 if number != 4 else "much"))
    report = home.ingest()
    assert list(report.errors) == ["odd/4.ndjson"]
    assert report.errors["odd/4.ndjson"].startswith("sources/odd.sql fails on line 1: ")
    assert "try again with `ads drops retry`" in report.errors["odd/4.ndjson"]
    assert report.counts.accepted == 8
    assert home.ask("SELECT clicks, cost FROM campaign_daily_report") == [{"clicks": 8, "cost": Decimal(4)}]


@pytest.mark.each_engine
@pytest.mark.parametrize("large", [items.LARGE, pytest.param(0, marks=pytest.mark.slow)])
def test_the_line_that_a_source_fails_on_is_named(
    large: int, make_home: Callable[..., Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "LARGE", large)
    select = "SELECT *, mapApply((k, v) -> (k, if(k = 'cost', toString(toUInt32(v) / 10), v)), fields) AS event FROM lines"
    home, _ = home_with_source(make_home, tmp_path, select)
    home.land("odd/a.ndjson", *(event(number, cost="much" if number == 77 else 5) for number in range(100)))
    home.land("odd/b.ndjson", event(100, cost=5))
    report = home.ingest()
    assert report.errors["odd/a.ndjson"].startswith("sources/odd.sql fails on line 78: ")
    assert (list(report.errors), report.counts.accepted) == (["odd/a.ndjson"], 1)


def test_a_field_is_judged_by_what_the_source_gives(make_home: Callable[..., Home], tmp_path: Path) -> None:
    select = "SELECT *, mapUpdate(fields, map('event_id', fields['id'], 'user_id', fields['uid'])) AS event FROM lines"
    home, _ = home_with_source(make_home, tmp_path, select)
    home.land("odd/a.ndjson", event(1, id=1, event_id=7.5), event(2, id=2, event_id=7), event(3, id="3", uid=5, user_id=1.5))
    home.land("events/b.ndjson", event(4, event_id=7.0), event(5, user_id=1.5))
    report = home.ingest()
    assert (report.counts.accepted, report.counts.quarantined) == (3, 2)
    assert home.ask("SELECT event_id, user_id FROM events FINAL ORDER BY event_id") == [
        {"event_id": "1", "user_id": ""},
        {"event_id": "2", "user_id": ""},
        {"event_id": "3", "user_id": "5"},
    ]


def test_a_source_that_is_no_sql_is_mended_and_its_drops_come_with_the_next_ingest(make_home: Callable[..., Home], tmp_path: Path) -> None:
    home, source = home_with_source(make_home, tmp_path, "SELECT *, feilds AS event FROM lines")
    home.land("odd/1.ndjson", event(1))
    home.land("events/2.ndjson", event(2))
    assert "feilds" in home.ingest().errors["odd/1.ndjson"]
    source.write_text("SELECT *, fields AS event FROM lines")
    assert home.ingest().counts.accepted == 1
    assert home.ask("SELECT clicks FROM campaign_daily_report") == [{"clicks": 2}]


@pytest.mark.each_engine
def test_compressed_parquet_that_is_truncated(home: Home) -> None:
    frame = pd.DataFrame([event(number) for number in range(1000)])
    frame.to_parquet(Path(home.settings.landing) / "a.parquet")
    whole = (Path(home.settings.landing) / "a.parquet").read_bytes()
    write(home, "b.parquet.gz", gzip.compress(whole)[:-100])
    write(home, "c.parquet.gz", b"no gzip")
    write(home, "d.parquet.zst", zstd.compress(whole)[:-9])
    report = home.ingest()
    assert sorted(report.errors) == ["b.parquet.gz", "c.parquet.gz", "d.parquet.zst"]
    assert report.counts.accepted == 1000
    assert home.ingest().failed_drops == 0
