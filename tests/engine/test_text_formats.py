"""What a source says of its text holds for every way in: delimiter, names of columns, encoding, quotes, lines at the top."""

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.pipeline.ledger import read_ledger
from ads_pipeline.pipeline.quarantine import Selection, list_lines, replay
from ads_pipeline.pipeline.run import apply_changes, begin_run
from tests.engine.conftest import Home, event

COLUMNS = 'columns = ["event_id", "event_time", "event_type", "campaign_id", "cost"]'


@pytest.fixture
def home(make_home: Callable[..., Home], tmp_path: Path) -> Home:
    (tmp_path / "sql" / "sources").mkdir(parents=True)
    home = make_home(sql_dir=tmp_path / "sql")
    apply_changes(home.warehouse, home.settings)
    return home


def land(home: Home, name: str, form: str, content: bytes, select: str = "SELECT *, fields AS event FROM lines") -> None:
    """A drop of a source of its own, whose format is said."""
    source = name.partition("/")[0]
    assert home.settings.sql_dir
    (home.settings.sql_dir / "sources" / f"{source}.sql").write_text(f"-- format: {form}\n{select}")
    path = Path(home.settings.landing) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def rows(tag: str = "e", delimiter: str = ",", header: bool = False, **fields: Any) -> str:
    """Three records, whose ids begin with the tag."""
    lines = [delimiter.join(map(str, event(number, event_id=f"{tag}{number}", **fields).values())) for number in range(3)]
    return "\n".join([delimiter.join(event(0)), *lines] if header else lines) + "\n"


def objects(tag: str, **fields: Any) -> str:
    """Three lines of NDJSON."""
    lines = [event(number, event_id=f"{tag}{number}", **fields) for number in range(3)]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


CASES: dict[str, tuple[str, bytes]] = {
    "semicolons.csv": ('delimiter = ";"', rows("semicolons.csv", ";", header=True).encode()),
    "bars.csv.gz": ('delimiter = "|", quote = ""', gzip.compress(rows("bars.csv.gz", "|", header=True).encode())),
    "control.csv": (rf'delimiter = "\u0001", {COLUMNS}', rows("control.csv", "\x01").encode()),
    "commas.tsv": ('delimiter = ","', rows("commas.tsv", ",", header=True).encode()),
    "headerless.csv": (COLUMNS, rows("headerless.csv").encode()),
    "renamed.csv": (f"{COLUMNS}, header = true", b"x,x,x,x,x\n" + rows("renamed.csv").encode()),
    "headerless.tsv.bz2": (COLUMNS, bz2.compress(rows("headerless.tsv.bz2", "\t").encode())),
    "spaces.csv": (f'delimiter = " ", {COLUMNS}', rows("spaces.csv", " ").encode()),
    "utf16.csv": ('encoding = "utf-16"', rows("utf16.csv", header=True, campaign_id="Zürich 東京").encode("utf-16")),
    "utf16.tsv.gz": (
        f'encoding = "utf-16", {COLUMNS}',
        gzip.compress(rows("utf16.tsv.gz", "\t", campaign_id="Zürich 東京").encode("utf-16")),
    ),
    "latin.ndjson": ('encoding = "latin-1"', objects("latin", campaign_id="Zürich").encode("latin-1")),
    "top.csv": ('skip = 2, comment = "#"', b'Report, "of\nyesterday\n\n# by "x\n# y\n' + rows("top.csv", header=True).encode()),
    "quoted.csv": (f'quote = "\'", {COLUMNS}', rows("quoted.csv", campaign_id="'a, \"b'").encode()),
    "unquoted.csv": (f'quote = "", {COLUMNS}', rows("unquoted.csv", campaign_id='"b').encode()),
}


def test_what_is_said_of_a_text_holds(home: Home) -> None:
    for name, (form, content) in CASES.items():
        land(home, f"{name.replace('.', '_')}/a.{name.partition('.')[2]}", form, content)
    assert home.ingest().errors == {}
    assert list_lines(home.warehouse, Selection()) == []
    found = home.ask(
        "SELECT toString(drop) AS drop, count() AS n, groupUniqArray(campaign_id) AS campaigns FROM events FINAL GROUP BY drop"
    )
    odd = {"utf16_csv": "Zürich 東京", "utf16_tsv_gz": "Zürich 東京", "latin_ndjson": "Zürich", "quoted_csv": 'a, "b', "unquoted_csv": '"b'}
    sources = [name.replace(".", "_") for name in CASES]
    assert {row["drop"].partition("/")[0]: (row["n"], row["campaigns"]) for row in found} == {
        name: (3, [odd.get(name, "c1")]) for name in sources
    }


@pytest.mark.each_engine
def test_columns_without_names_are_named_by_their_places(home: Home) -> None:
    select = """SELECT *, map('event_id', fields['column_1'], 'event_time', fields['column_2'], 'event_type', fields['column_3'],
        'campaign_id', fields['column_4'], 'cost', fields['column_5']) AS event FROM lines"""
    land(home, "places/a.csv", "header = false", rows().encode(), select)
    land(home, "places/b.csv", "header = false", rows(campaign_id="a,b").encode(), select)
    assert home.ingest().counts.quarantined == 3
    assert home.ask("SELECT count() AS n FROM events FINAL") == [{"n": 3}]


@pytest.mark.each_engine
def test_bytes_that_are_not_valid_are_refused_with_their_lines_alone(home: Home) -> None:
    good, bad, third = ((line + "\n").encode("utf-16-le") for line in objects("odd").splitlines())
    land(home, "odd/a.ndjson", 'encoding = "utf-16-le"', good + bad[:60] + b"\x00\xdc" + bad[60:] + third)
    report = home.ingest()
    assert (report.errors, report.counts.lines, report.counts.accepted, report.counts.quarantined) == ({}, 3, 2, 1)


def test_drops_that_are_empty_behind_their_top_have_no_lines(home: Home) -> None:
    land(home, "top/a.csv", 'comment = "#"', b"# nothing\n\n")
    land(home, "bom/a.csv", 'encoding = "utf-16"', "".encode("utf-16"))
    report = home.ingest()
    assert (report.errors, report.counts.lines) == ({}, 0)


def test_a_damaged_drop_fails_alone(home: Home) -> None:
    land(home, "torn/a.csv.gz", 'encoding = "latin-1"', gzip.compress(rows(header=True).encode())[:-9])
    land(home, "good/a.csv.gz", 'encoding = "latin-1"', gzip.compress(rows(header=True).encode()))
    report = home.ingest()
    assert list(report.errors) == ["torn/a.csv.gz"]
    assert "cannot be read as iso8859-1" in report.errors["torn/a.csv.gz"]
    assert report.counts.accepted == 3


@pytest.mark.each_engine
def test_a_drop_that_is_refused_whole_has_a_hint_until_it_is_not(home: Home) -> None:
    """It is by the drop, not by the batch; titles and totals are refused for other reasons, and do not hide it."""
    content = "a report\n" + rows("x", ";", header=True, cost="1,5").replace(",", ".") * 3 + "total\n"
    land(home, "semicolons/a.csv", "skip = 1", content.encode())
    land(home, "latin/a.csv", "quote = '\"'", rows("l", header=True, campaign_id="Z\xfcrich").encode("latin-1"))
    home.land("events/sound.ndjson", event(1, event_id="sound"), "{}")
    report = home.ingest()
    assert report.hints.keys() == {"semicolons/a.csv", "latin/a.csv"}
    assert 'delimiter = ";"' in report.hints["semicolons/a.csv"]
    assert 'encoding = "cp1252"' in report.hints["latin/a.csv"]
    assert report.as_dict()["hints"] == report.hints
    ledger = {row["drop"]: row["hint"] for row in read_ledger(home.warehouse)}
    assert ledger == report.hints | {"events/sound.ndjson": ""}
    land(home, "semicolons/a.csv", 'skip = 1, delimiter = ";"', content.replace("total\n", "").encode())
    assert home.ingest().hints == {}
    assert {row["hint"] for row in read_ledger(home.warehouse, drops=["semicolons/a.csv"])} == {""}


def test_a_replay_that_loads_a_drop_takes_its_hint(home: Home) -> None:
    land(home, "shop/a.ndjson", "quote = '\"'", objects("s", event_type="view").encode())
    assert "ads quarantine replay --drop shop/a.ndjson" in home.ingest().hints["shop/a.ndjson"]
    mapped = "SELECT *, mapUpdate(fields, map('event_type', '\"click\"')) AS event FROM lines"
    land(home, "shop/a.ndjson", "quote = '\"'", objects("s", event_type="view").encode(), mapped)
    assert replay(begin_run(home.warehouse, home.settings), Selection(drops=("shop/a.ndjson",))).accepted == 3
    assert [row["hint"] for row in read_ledger(home.warehouse)] == [""]
