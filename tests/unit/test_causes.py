"""What a hint takes for the cause, by a line of a drop that is refused whole."""

import json
from typing import Any

import pytest

from ads_pipeline.pipeline.causes import Refused, cause_of
from ads_pipeline.pipeline.source_heads import PLAIN, TextFormat

MISSING = ["missing:event_id", "missing:event_time"]
MAPPED = "SELECT *, map('event_id', fields['Click ID'], 'event_time', fields['at'], 'cost', fields['price']) AS event FROM lines"


def told(line: Any, *reasons: str, form: str = "csv", select: str = MAPPED, text: TextFormat = PLAIN, own: bool = True) -> tuple[str, str]:
    line = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
    cause = cause_of(Refused(reasons or MISSING, line, form, text, "shop", select, own))
    return cause.text, cause.then


@pytest.mark.parametrize(
    ("line", "reasons", "form", "says", "then"),
    [
        ({"a;b;c": "1;2;3"}, MISSING, "csv", '`-- format: delimiter = ";"` at the top of sources/shop.sql', "reload"),
        (["1;2", "5;3"], ["not_object"], "csv", 'delimiter = ";"', "reload"),
        ({"a\tb": "1\t2"}, MISSING, "csv", r'delimiter = "\t"', "reload"),
        ({"a,b": "1,2"}, MISSING, "tsv", 'delimiter = ","', "reload"),
        ({"a\x01b\x01c": "1"}, MISSING, "csv", r'delimiter = "\u0001"', "reload"),
        (["1", "2", "3"], ["not_object"], "csv", "header_with", "reload"),
        ({"e1": "e2", "2026-11-24 10:00:00": "2026-11-24 10:00:01"}, MISSING, "csv", "columns = ", "reload"),
        ({"a\0b\0": "1\0"}, MISSING, "csv", 'encoding = "utf-16-le"', "reload"),
        ({"\0a\0b": "\x001"}, MISSING, "csv", 'encoding = "utf-16-be"', "reload"),
        ("\ufffd\ufffd{\0}\0", ["not_json"], "ndjson", 'encoding = "utf-16"', "reload"),
        ('{"a":"\ufffd"}', ["not_json"], "ndjson", 'encoding = "cp1252"', "reload"),
        ("{'a': 1}", ["not_json"], "ndjson", "double quotes", ""),
        (json.dumps('{"a":1}'), ["not_object"], "ndjson", "JSON text", ""),
        ([1, 2], ["not_object"], "ndjson", "without names", ""),
        ("a|b|c", ["not_json"], "ndjson", 'parted by "|"', ""),
        ('{"a":-Infinity}', ["not_json"], "ndjson", "-Infinity, which is no JSON", ""),
        ({"data": [{"a": 1}, {"a": 2}], "next": None}, MISSING, "ndjson", 'a list of objects, "data"', "replay"),
        ({"click_id": "1", "at": "x", "price": "1"}, MISSING, "csv", 'such as "click_id" for "Click ID"', "replay"),
        ({"x": 1, "y": 2}, MISSING, "parquet", 'asks for "Click ID", "at", "price", which it lacks; its columns are "x", "y"', "replay"),
        ({"at": "24/11/2026"}, ["invalid:event_time"], "csv", "eu_time", "replay"),
        ({"price": "n/a"}, ["invalid:cost"], "csv", "clean", "replay"),
        ({"at": "2020-01-01T00:00:00Z"}, ["expired"], "csv", "ADS_RETENTION_DAYS", "replay"),
        ({"at": "2090-01-01T00:00:00Z"}, ["future"], "csv", "epoch", "replay"),
        ("", ["too_long"], "ndjson", "ads source preview", "replay"),
    ],
)
def test_the_cause_of(line: Any, reasons: list[str], form: str, says: str, then: str) -> None:
    text, command = told(line, *reasons, form=form)
    assert says in text
    assert command == then


def test_a_shipped_source_is_not_to_be_edited() -> None:
    text, then = told({"a;b": "1;2"}, own=False)
    assert "ads source new NAME --from FILE" in text
    assert then == ""
    text, then = told({"click_id": "1", "price": "2"}, select="SELECT *, fields AS event FROM lines", own=False)
    assert 'the columns "click_id", "price"' in text
    assert then == ""


def test_what_the_source_says_of_its_text_is_not_said_again() -> None:
    assert "delimiter" not in told({"a": "1;2;3", "b": ""}, text=TextFormat(delimiter=";"))[0]
    assert "names" not in told({"2026-11-24": "x"}, text=TextFormat(header=False, columns=("2026-11-24",)))[0]


def test_a_name_that_is_not_seen_is_escaped_and_cut() -> None:
    text, _ = told({"\x1b[31m" + "x" * 99: 1}, select="SELECT *, fields AS event FROM lines")
    assert r'"\x1b[31mxxx' in text
    assert "…" in text
    assert "\x1b" not in text
