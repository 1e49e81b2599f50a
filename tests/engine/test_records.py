"""A line yields several events, one, or none: each record and each ignored line is accounted for, loaded once, and replayed alone."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.pipeline.ingest import reload
from ads_pipeline.pipeline.ledger import OTHER_REASONS, REASONS, read_ledger
from ads_pipeline.pipeline.quarantine import Selection, discard, list_lines, replay
from ads_pipeline.pipeline.run import apply_changes, begin_run
from tests.engine.conftest import Home, assert_green, event

TODAY = datetime.now(UTC).date()

BIDS = """
SELECT
    *,
    arrayMap(
        imp -> mapConcat(CAST(JSONExtractKeysAndValuesRaw(imp), 'Map(String, String)'), map('publisher_id', toJSONString(drop))),
        JSONExtractArrayRaw(fields['imp'])) AS events,
    concat('no imp, ', JSONExtractString(fields['because'])) AS ignored_because
FROM lines
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "sql" / "sources"
    folder.mkdir(parents=True)
    (folder / "bids.sql").write_text(BIDS)
    return folder / "bids.sql"


@pytest.fixture
def home(make_home: Callable[..., Home], source: Path, tmp_path: Path) -> Home:
    home = make_home(sql_dir=tmp_path / "sql")
    apply_changes(home.warehouse, home.settings)
    return home


def request(*imps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"imp": list(imps), **fields}


def counts(home: Home, drop: str = "bids/a.ndjson") -> tuple[int, ...]:
    (row,) = read_ledger(home.warehouse, drops=[drop])
    return tuple(row[name] for name in ("lines", "records", "ignored", "accepted", "duplicates", "corrections", "quarantined"))


def loaded(home: Home) -> list[tuple[Any, ...]]:
    rows = home.ask("SELECT event_id, cost, line_number, record FROM events FINAL ORDER BY line_number, record, event_id")
    return [(row["event_id"], float(row["cost"]), row["line_number"], row["record"]) for row in rows]


def held(home: Home) -> list[tuple[Any, ...]]:
    return sorted((row["line_number"], row["record"], *row["reasons"]) for row in list_lines(home.warehouse, Selection()))


def run(home: Home) -> Any:
    return begin_run(home.warehouse, home.settings)


@pytest.mark.each_engine
def test_every_record_and_every_ignored_line_is_accounted_for(home: Home) -> None:
    home.land(
        "bids/a.ndjson",
        request(event(1), event(2), event(1, cost="7")),  # of one line, the later element wins
        request(because="test"),
        "",
        request(event(3), event(4, event_type="odd"), event(2)),
        "no json",
        '["no object"]',
        {"because": "heartbeat"},
        request(because="test"),
        request(event(5)),
    )
    home.land("events/b.ndjson", event(9))
    report = home.ingest()
    assert {name: report.as_dict()[name] for name in ("lines", "records", "ignored", "ignored_reasons")} == {
        "lines": 9,
        "records": 10,
        "ignored": 3,
        "ignored_reasons": {"no imp, test": 2, "no imp, heartbeat": 1},
    }
    expected = (8, 9, 3, 4, 1, 1, 3)
    assert counts(home) == expected
    assert counts(home, "events/b.ndjson") == (1, 1, 0, 1, 0, 0, 0)
    assert loaded(home) == [("e9", 0.25, 1, 0), ("e2", 0.25, 1, 2), ("e1", 7.0, 1, 3), ("e3", 0.25, 4, 1), ("e5", 0.25, 9, 1)]
    assert held(home) == [(4, 2, "invalid:event_type"), (5, 0, "not_json"), (6, 0, "not_object")]
    (line,) = {row["line"] for row in list_lines(home.warehouse, Selection(reason="invalid:event_type"))}
    assert [imp["event_id"] for imp in json.loads(line)["imp"]] == ["e3", "e4", "e2"]
    assert {row["publisher_id"] for row in home.ask("SELECT publisher_id FROM events WHERE drop = 'bids/a.ndjson'")} == {"bids/a.ndjson"}
    assert_green(home)

    reload(run(home), home.store, date(2000, 1, 1), TODAY)
    assert counts(home) == expected
    assert loaded(home)[1:3] == [("e2", 0.25, 1, 2), ("e1", 7.0, 1, 3)]
    assert len(held(home)) == 3
    assert home.ask("SELECT sum(clicks) AS n FROM campaign_daily_report") == [{"n": 5}]
    assert_green(home)


@pytest.mark.further
def test_a_replay_loads_the_records_that_were_refused_and_no_others(home: Home, source: Path) -> None:
    home.land(
        "bids/a.ndjson",
        request(event(1), event(2, event_type="imp"), event(1, event_type="imp", cost="7"), event(3, cost="x")),
        request(event(4, event_type="imp"), event(5)),
    )
    home.ingest()
    assert (counts(home), held(home)) == (
        (2, 6, 0, 2, 0, 0, 4),
        [(1, 2, "invalid:event_type"), (1, 3, "invalid:event_type"), (1, 4, "invalid:cost"), (2, 1, "invalid:event_type")],
    )
    source.write_text(
        BIDS.replace("JSONExtractArrayRaw(fields['imp'])", "JSONExtractArrayRaw(replaceAll(fields['imp'], '\"imp\"', '\"click\"'))")
    )
    (chosen,) = [row["id"] for row in list_lines(home.warehouse, Selection()) if row["record"] == 2]
    assert replay(run(home), Selection(ids=(chosen,))).records == 1
    assert counts(home) == (2, 6, 0, 3, 0, 0, 3)
    assert replay(run(home), Selection()).quarantined == 1
    # the correction stands after the event that it corrects, in the same line
    expected = (2, 6, 0, 4, 0, 1, 1)
    assert (counts(home), held(home)) == (expected, [(1, 4, "invalid:cost")])
    assert loaded(home) == [("e2", 0.25, 1, 2), ("e1", 7.0, 1, 3), ("e4", 0.25, 2, 1), ("e5", 0.25, 2, 2)]
    assert home.ask("SELECT sum(clicks) AS n, toFloat64(sum(cost)) AS cost FROM campaign_daily_report") == [{"n": 4, "cost": 7.75}]
    assert_green(home)
    for again in (lambda: replay(run(home), Selection()), lambda: reload(run(home), home.store, TODAY, TODAY)):
        again()
        assert (counts(home), held(home)) == (expected, [(1, 4, "invalid:cost")])
        assert_green(home)


def test_a_line_of_many_records_is_kept_once_and_shown_with_each(home: Home, source: Path) -> None:
    many = [event(n, event_type="odd" if n > 30 else "click") for n in range(40)]
    home.land("bids/a.ndjson", request(event(100), event(101)), request(*many, note="é" * 1000))
    home.ingest()
    assert counts(home) == (2, 42, 0, 33, 0, 0, 9)
    (line,) = {row["line"] for row in list_lines(home.warehouse, Selection())}
    assert json.loads(line) == request(*many, note="é" * 1000)
    stored = home.ask("SELECT record, length(line) AS bytes FROM quarantine FINAL ORDER BY record")
    assert [row["record"] for row in stored if row["bytes"]] == [32]

    discard(home.warehouse, Selection(ids=(next(row["id"] for row in list_lines(home.warehouse, Selection()) if row["record"] == 32),)))
    source.write_text(BIDS.replace("(fields['imp'])", """(replaceAll(fields['imp'], '"odd"', '"click"'))"""))
    assert replay(run(home), Selection()).accepted == 8
    assert counts(home) == (2, 42, 0, 41, 0, 0, 1)
    assert_green(home)


@pytest.mark.further
def test_a_replay_of_whole_lines_takes_what_they_yield_now(home: Home, source: Path) -> None:
    single = "SELECT *, map('event_id', '\"x\"') AS event FROM lines"
    source.write_text(single)
    home.land("bids/a.ndjson", request(event(1), event(2), event(3, cost="x")), request(because="test"), request(event(4)), "no json")
    home.ingest()
    assert counts(home) == (4, 4, 0, 0, 0, 0, 4)
    source.write_text(BIDS)
    found = replay(run(home), Selection())
    assert (found.records, found.quarantined, found.ignored) == (5, 2, 1)
    expected = (4, 5, 1, 3, 0, 0, 2)
    assert (counts(home), held(home)) == (expected, [(1, 3, "invalid:cost"), (4, 0, "not_json")])
    assert read_ledger(home.warehouse)[0]["ignored_reasons"] == {"no imp, test": 1}
    assert_green(home)
    replay(run(home), Selection())
    reload(run(home), home.store, TODAY, TODAY)
    assert (counts(home), held(home)) == (expected, [(1, 3, "invalid:cost"), (4, 0, "not_json")])

    # a place in the array that is empty now: the record stays until the drop is loaded again
    source.write_text("SELECT *, [] AS events FROM lines")
    replay(run(home), Selection())
    assert (counts(home), held(home)) == (expected, [(1, 3, "invalid:cost"), (4, 0, "not_json")])
    assert_green(home)


def test_a_record_that_was_discarded_stays_so_and_its_neighbours_do_not(home: Home) -> None:
    home.land("bids/a.ndjson", request(event(1, cost="x"), event(2, cost="x")))
    home.ingest()
    (chosen,) = [row["id"] for row in list_lines(home.warehouse, Selection()) if row["record"] == 1]
    assert discard(home.warehouse, Selection(ids=(chosen,))) == 1
    reload(run(home), home.store, TODAY, TODAY)
    assert (counts(home), held(home)) == ((1, 2, 0, 0, 0, 0, 2), [(1, 2, "invalid:cost")])
    assert_green(home)


def test_reasons_are_bounded(home: Home) -> None:
    home.land("bids/a.ndjson", *(request(because=f"{number:03} {'x' * 200}") for number in range(2 * REASONS)))
    home.ingest()
    reasons = read_ledger(home.warehouse)[0]["ignored_reasons"]
    assert len(reasons) == REASONS + 1
    assert max(map(len, reasons)) == 128
    assert reasons[OTHER_REASONS] == REASONS


@pytest.mark.parametrize(
    ("select", "wanted"),
    [
        ("SELECT *, [fields, mapUpdate(fields, map('event_id', '\"z\"'))] AS events, 1 AS day, 'x' AS tokens FROM lines", (2, 4, 0)),
        ("SELECT *, if(line_number = 1, [], [fields]) AS events FROM lines", (2, 1, 1)),
        ("SELECT *, fields AS event, if(fields['event_id'] = '\"e1\"', [], [event]) AS events FROM lines", (2, 1, 1)),
        ("SELECT *, [] AS events FROM lines", (2, 0, 2)),
        ("SELECT *, arrayResize([fields], 3, fields) AS events FROM lines ORDER BY line", (2, 6, 0)),
    ],
)
@pytest.mark.parametrize("form", ["ndjson", pytest.param("csv", marks=pytest.mark.further)])
def test_what_a_source_may_yield(home: Home, source: Path, select: str, wanted: tuple[int, ...], form: str) -> None:
    source.write_text(select)
    lines = [event(1), event(2)]
    home.land(f"bids/a.{form}", *(lines if form == "ndjson" else [",".join(lines[0]), *(",".join(line.values()) for line in lines)]))
    assert home.ingest().errors == {}
    assert counts(home, f"bids/a.{form}")[:3] == wanted
    assert_green(home)
