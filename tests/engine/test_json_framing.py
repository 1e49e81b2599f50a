"""JSON drops whose records are no lines: arrays, objects one behind another, objects over several lines."""

import bz2
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.pipeline.ingest import reload
from ads_pipeline.pipeline.run import apply_changes, begin_run
from tests.compression import zstd
from tests.engine.conftest import Home, event

WRONG = {"event_id": "wrong", "note": 'br[ack]ets}, "quotes" and \n line ends'}
RECORDS = [event(1), WRONG, 5, event(2, attributes={"a": "}],{"}), None, *(event(number) for number in range(3, 60))]
OBJECTS = [record for record in RECORDS if isinstance(record, dict)]
TODAY = datetime.now(UTC).date()


@pytest.fixture
def home(make_home: Callable[..., Home], tmp_path: Path) -> Home:
    (tmp_path / "sql" / "sources").mkdir(parents=True)
    (tmp_path / "sql" / "sources" / "utf16.sql").write_text('-- format: encoding = "utf-16"\nSELECT *, fields AS event FROM lines')
    for source in ("a", "b", "c", "d"):
        (tmp_path / "sql" / "sources" / f"{source}.sql").write_text("SELECT *, fields AS event FROM lines")
    home = make_home(sql_dir=tmp_path / "sql")
    apply_changes(home.warehouse, home.settings)
    return home


def land(home: Home, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = Path(home.settings.landing) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def one_behind_another(records: list[dict[str, Any]], **form: Any) -> bytes:
    return "".join(json.dumps(record, **form) for record in records).encode()


@pytest.mark.each_engine
def test_records_are_counted_and_numbered_however_they_stand(home: Home) -> None:
    pretty = json.dumps(RECORDS, indent=2).replace("\n", "\r\n")
    arrays = {
        "a/a.json": json.dumps(RECORDS).encode(),
        "b/b.json.gz": gzip.compress(b"\xef\xbb\xbf" + pretty.encode()),
        "utf16/u.json": pretty.encode("utf-16"),
    }
    objects = {
        "c/c.ndjson.zst": zstd.compress(one_behind_another(OBJECTS)),
        "d/d.jsonl.bz2": bz2.compress(one_behind_another(OBJECTS, indent=1)),
    }
    land(home, arrays | objects)
    assert home.ingest().errors == {}
    for _ in range(2):
        rows = home.ask("SELECT drop, lines, accepted, quarantined FROM drops FINAL ORDER BY drop")
        assert {row.pop("drop"): tuple(row.values()) for row in rows} == dict.fromkeys(arrays, (62, 59, 3)) | dict.fromkeys(
            objects, (60, 59, 1)
        )
        held = home.ask("SELECT drop, line_number, line, reasons FROM quarantine FINAL WHERE state = 'held' ORDER BY drop, line_number")
        assert {(row["drop"], row["line_number"], len(row["reasons"])) for row in held} == {
            *((name, number, count) for name in arrays for number, count in ((2, 3), (3, 1), (5, 1))),
            *((name, 2, 3) for name in objects),
        }
        assert all(json.loads(row["line"]) in (WRONG, 5, None) for row in held)
        reload(begin_run(home.warehouse, home.settings), home.store, TODAY, TODAY)
    assert home.ask("SELECT sum(clicks) AS clicks FROM campaign_daily_report") == [{"clicks": 5 * 59}]


@pytest.mark.each_engine
def test_a_torn_array_fails_alone_and_lines_stay_lines(home: Home) -> None:
    array = json.dumps([event(number) for number in range(900)]).encode()
    lines = "".join(
        f"{text}\n" for text in ['[{"a": 1},', json.dumps(event(1)) * 2, "no json", *(json.dumps(event(number)) for number in range(9))]
    )
    land(
        home,
        {"a/torn.json": array[:-60], "b/torn.json.gz": gzip.compress(array)[:-60], "c/whole.json": array, "d/lines.ndjson": lines.encode()},
    )
    report = home.ingest()
    assert report.errors.keys() == {"a/torn.json", "b/torn.json.gz"}
    assert "a JSON array whose brackets or quotes do not match from about record 900 on: it may be torn" in report.errors["a/torn.json"]
    assert (report.counts.lines, report.counts.accepted, report.counts.quarantined) == (912, 909, 3)
