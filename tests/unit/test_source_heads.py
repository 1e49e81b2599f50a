"""Header lines of sources are read as they are meant, and what cannot be used is said in one sentence, with file, line and value."""

import pytest

from ads_pipeline.pipeline.source_heads import SourceHead, SourceHeadError, TextFormat, source_head
from ads_pipeline.pipeline.sources import source_files
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.statements import Sql

SELECT = "\nSELECT *, fields AS event FROM lines"


def head(text: str) -> SourceHead:
    return source_head("shop", Sql(text + SELECT))


def test_a_source_without_header_lines_has_the_defaults() -> None:
    assert head("-- grain: one line") == SourceHead(TextFormat(), ids="shop", time_zone="UTC")
    assert TextFormat() == TextFormat("", True, (), "utf-8", '"', "", 0, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'delimiter = "\t"', TextFormat(delimiter="\t")),
        (r'delimiter = "\u0001"', TextFormat(delimiter="\x01")),
        ('encoding = "UTF16"', TextFormat(encoding="utf-16")),
        ('encoding = "latin-1", skip = 2', TextFormat(encoding="iso8859-1", skip=2)),
        ('columns = ["at", "bid id"]', TextFormat(header=False, columns=("at", "bid id"))),
        ('columns = ["at"], header = true', TextFormat(header=True, columns=("at",))),
        ("header = false", TextFormat(header=False)),
        ('header_with = ["Day", "Date"]', TextFormat(header_with=("Day", "Date"))),
        ("""delimiter = "|", quote = "'", comment = "#" """, TextFormat(delimiter="|", quote="'", comment="#")),
        ('quote = ""', TextFormat(quote="")),
        ("", TextFormat()),
    ],
)
def test_the_format_is_read(text: str, expected: TextFormat) -> None:
    assert head(f"-- format: {text}").format == expected


def test_header_lines_stand_anywhere_in_the_heading() -> None:
    read = head('-- grain: x\n\n--Time-Zone: Europe/Berlin\n-- format: columns = ["a",\n--    "b",\n--    "c"]\n-- ids: bids\n-- more: y')
    assert read == SourceHead(TextFormat(header=False, columns=("a", "b", "c")), "bids", "Europe/Berlin")


def test_what_stands_below_the_heading_is_a_comment() -> None:
    assert source_head("shop", Sql(f"SELECT 1\n-- ids: 1/2{SELECT}")).ids == "shop"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- format: csv", "line 1: format: 'csv' cannot be read"),
        ('-- x: y\n-- format: delimeter = ";"', "line 2: format: unknown option 'delimeter'; there are: delimiter, header, columns,"),
        ('-- format: delimiter = ";;"', "delimiter = ';;' cannot be used; it is one ASCII character"),
        ('-- format: delimiter = "x"', "delimiter = 'x' cannot be used"),
        ('-- format: delimiter = "§"', "delimiter = '§' cannot be used"),
        ("""-- format: delimiter = ",", quote = "," """, "quote = ',' cannot be used"),
        ("""-- format: delimiter = "'", quote = "'" """, """delimiter = "'" cannot be used"""),
        ('-- format: header_with = "Day"', "header_with = 'Day' cannot be used; it is a list of names that a header has"),
        ('-- format: header = "no"', "header = 'no' cannot be used; it is true or false"),
        ("-- format: columns = []", "columns = [] cannot be used; it is a list of different names"),
        ('-- format: columns = ["a", "a"]', "columns = ['a', 'a'] cannot be used"),
        ('-- format: encoding = "base64"', "encoding = 'base64' cannot be used; it is the name of a text encoding"),
        ('-- format: encoding = "utf-9"', "encoding = 'utf-9' cannot be used"),
        ("-- format: skip = true", "skip = True cannot be used"),
        ("-- format: skip = -1", "skip = -1 cannot be used"),
        ('-- format: comment = ""', "comment = '' cannot be used"),
        ("-- format: skip = 1, skip = 2", "cannot be read"),
        ("-- format: skip = 1\n-- format: skip = 2", "line 2: 'format' stands in line 1 already"),
        ("-- ids:", "line 1: ids: '' cannot be an id space"),
        ("-- ids: a b", "'a b' cannot be an id space"),
        (f"-- ids: {'x' * 65}", "cannot be an id space"),
        ("-- time zone: Berlin", "unknown time zone 'Berlin'; write an IANA name"),
        ("-- timezone: ../../etc/passwd", "unknown time zone '../../etc/passwd'"),
        ("-- time zone:", "unknown time zone ''"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, message: str) -> None:
    with pytest.raises(SourceHeadError) as raised:
        head(text)
    assert str(raised.value).startswith("sql/sources/shop.sql, line ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_shipped_sources_have_heads_that_can_be_read() -> None:
    for name, sql in source_files(load_settings()).items():
        assert source_head(name, sql).ids
