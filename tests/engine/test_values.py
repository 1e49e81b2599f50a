"""The same value has the same verdict in every format and on every engine, and no name of a column is one of the engine's or of ours."""

import csv as csv_module
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ads_pipeline.contract.judging import refusals
from ads_pipeline.contract.window import Window
from tests.engine.conftest import Home, event
from tests.engine.values import FOUND, VALUES, drops, ndjson


@pytest.mark.each_engine
def test_each_value_in_each_format(home: Home) -> None:
    folder, wanted = Path(home.settings.landing) / "events", dict[str, str]()
    folder.mkdir(parents=True)
    for name, content, text in drops():
        (folder / name).write_bytes(content)
        wanted[name] = text
    assert home.ingest().errors == {}
    found = {row["drop"].removeprefix("events/"): row["found"] for row in home.ask(FOUND)}
    assert found == wanted


def test_each_value_by_http() -> None:
    now = datetime.now(UTC)
    window = Window(now.date() - timedelta(days=30), now + timedelta(days=1), "UTC")
    for name, value in VALUES.items():
        refused = refusals([ndjson(name, value)], window).get(0, ())
        wanted = value.wanted_of_json or value.wanted
        assert " ".join(refused) == (wanted if wanted.startswith(("invalid:", "missing:", "not_json")) else ""), name


@pytest.mark.each_engine
def test_nesting_ends_at_the_same_level_by_http(home: Home) -> None:
    now = datetime.now(UTC)
    window = Window(now.date() - timedelta(days=30), now + timedelta(days=1), "UTC")
    depths = [300, 960, *range(1019, 1026)]
    deep = [a * depth + middle + b * depth for a, b in ("[]", ('{"a":', "}")) for middle in ("1", "[]", "{ }") for depth in depths]
    lines = [json.dumps(event(number))[:-1] + f', "deep": {text}}}' for number, text in enumerate(deep)]
    home.land("a.ndjson", *lines)
    home.ingest()
    held = {row["line_number"] - 1: tuple(row["reasons"]) for row in home.ask("SELECT line_number, reasons FROM quarantine FINAL")}
    by_http = refusals([line.encode() for line in lines], window)
    assert by_http == held
    assert 0 < len(held) < len(lines) / 2


ODD = (
    *("_file", "_path", "_row_number", "_etag", "_size", "_time", "surplus", "drop_no", "line_number", "line", "fields", "event", "drop"),
    *("c1", "names", "cells", "keys", "wanted", "reasons", "chunk", "key", "structure", "no_object", "json_token"),
    *("a b", "`", "'", '"', "\\", "{x:String}", "{{ x }}", "a\tb", "ä"),
)
"""Names of columns, among them those of the engine and of our own statements."""


@pytest.mark.each_engine
def test_columns_of_any_name_arrive_as_data(home: Home) -> None:
    own = {name: f"of {place}" for place, name in enumerate(ODD)}
    folder = Path(home.settings.landing) / "events" / "country=DE" / "campaign_id=oops"
    folder.mkdir(parents=True)
    rows = [dict(event(number), **{name: f"{text} {number}" for name, text in own.items()}) for number in range(6)]
    names = list(rows[0])
    with (folder / "a.csv").open("w", newline="") as file:
        csv_module.writer(file).writerows([names, *([row[name] for name in names] for row in rows[:2])])
    pq.write_table(pa.Table.from_pylist(rows[2:4]), folder / "b.parquet")
    home.land("events/c.ndjson", *rows[4:])
    home.land("events/country=FR/d.ndjson", event(6))
    report = home.ingest()
    assert (report.errors, report.counts.accepted, report.counts.lines) == ({}, 7, 7)
    found = home.ask("SELECT event_id, line_number, campaign_id, country, attributes FROM events FINAL ORDER BY event_id")
    assert [row["attributes"] for row in found] == [*({name: row[name] for name in own} for row in rows), {}]
    assert {(row["campaign_id"], row["country"]) for row in found} == {("c1", "")}
    assert [row["line_number"] for row in found] == [1, 2, 1, 2, 1, 2, 1]


@pytest.mark.further
@pytest.mark.each_engine
def test_a_csv_record_is_kept_whole_in_quarantine(home: Home) -> None:
    cells = [f"cell {number}" for number in range(100)]
    home.land("a.csv", "event_id,event_time", "x,y,Shoes, red,, size 42,sale", "x,y", ",", "", "x,", "x,y,", '"a ""b""\nc",y,z')
    home.land("b.csv", "event_id,event_time", ",".join(cells), "x,y")
    home.land("c.csv", "event_id,event_time", ",".join(cells * 20), "x,y")
    report = home.ingest()
    assert list(report.errors) == ["c.csv"]
    assert "a record has 1,024 or more cells beyond the header" in report.errors["c.csv"]
    held = home.ask("SELECT drop, line_number, reasons, line FROM quarantine FINAL ORDER BY drop, line_number")
    found = {(row["drop"], row["line_number"]): (row["reasons"][0], json.loads(row["line"])) for row in held}
    assert found[("a.csv", 1)] == ("not_object", ["x", "y", "Shoes", "red", "", "size 42", "sale"])
    assert found[("a.csv", 3)] == ("missing:event_id", {"event_id": None, "event_time": None})
    assert found[("a.csv", 7)] == ("not_object", ['a "b"\nc', "y", "z"])
    assert found[("b.csv", 1)] == ("not_object", cells)
    assert [number for drop, number in found if drop == "a.csv"] == [1, 2, 3, 5, 6, 7]
    assert report.counts.lines == 8


@pytest.mark.each_engine
def test_a_quote_that_is_never_closed_loses_no_line(home: Home) -> None:
    """What it swallows is in quarantine, whole; a cell of several lines is none of it."""
    head, good = "event_id,event_time,event_type,campaign_id,note", f"{event(1)['event_time']},click,c"
    home.land("a.csv", head, f'1,{good},"two\nlines"', f'2,{good},"', f"3,{good},x", f"4,{good},y")
    home.land("b.csv", head, f"1b,{good},x", f'2b,"{good},x', f"3b,{good},y")
    home.land("c.csv", head, f"1c,{good},x", f'2c,{good},"Best" shoes')
    home.land("d.csv", "one_column", '"{""a"":\n1}"', '"2d', "3d")
    report = home.ingest()
    assert list(report.errors) == ["c.csv"]
    assert "near record 2, a cell in quotes is followed by 'shoes' and not by the next cell" in report.errors["c.csv"]
    assert report.counts.accepted == 2
    asked = home.ask("SELECT drop, line_number, reasons, line FROM quarantine FINAL WHERE NOT hasAny(reasons, ['missing:event_id'])")
    held = {row["drop"]: row for row in asked}
    assert {drop: (row["line_number"], row["reasons"]) for drop, row in held.items()} == {
        "a.csv": (2, ["not_object"]),
        "b.csv": (2, ["not_object"]),
        "d.csv": (2, ["not_object"]),
    }
    assert json.loads(held["d.csv"]["line"]) == ["2d\n3d\n"]
    assert json.loads(held["a.csv"]["line"])[-1] == f"\n3,{good},x\n4,{good},y\n"
    assert f"3b,{good},y" in json.loads(held["b.csv"]["line"])[-1]
