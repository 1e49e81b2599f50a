"""Drops that cannot be staged are found by halves and blamed for the right reason; a server reads itself only what it reads right."""

import errno
import gzip
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ads_pipeline.errors import DropError, EngineError
from ads_pipeline.landing.drops import drop_from
from ads_pipeline.pipeline.ledger import Entry
from ads_pipeline.pipeline.staging.bucket import reads_itself
from ads_pipeline.pipeline.staging.cells import csv_columns, csv_names
from ads_pipeline.pipeline.staging.items import LARGE, Cells, Item, reason_of, structure_of
from ads_pipeline.pipeline.staging.table import Staging
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.error_codes import OF_CONTENT, PERMANENT
from ads_pipeline.warehouse.statements import Name
from ads_pipeline.warehouse.warehouse import Warehouse

UNPARSABLE, NO_RIGHT = min(OF_CONTENT), 497
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def item(number: int, name: str = "", path: Path | None = None, size: int = 1) -> Item:
    drop = drop_from(name or f"events/{number}.ndjson", size, f"etag{number}", NOON)
    assert drop
    return Item(number, Entry(drop), path)


def staging_of(warehouse: object = None, settings: Settings | None = None) -> Staging:
    tables = {part: Name(part) for part in ("batch", "valid", "aside", "intake")}
    return Staging(cast("Warehouse", warehouse), settings or load_settings(), tables, NOON, date(2026, 10, 1))


@pytest.mark.parametrize("bad", [set(), {1}, {16}, {3, 4}, {1, 8, 9}, set(range(1, 17))])
def test_all_drops_but_those_to_blame_are_staged_once(bad: set[int]) -> None:
    staging, staged, calls = staging_of(), list[int](), list[int]()

    def stage(items: Sequence[Item]) -> None:
        calls.append(len(items))
        if any(item.number in bad for item in items):
            raise EngineError("cannot parse", UNPARSABLE)
        staged.extend(item.number for item in items)

    staging.by_halves([item(number) for number in range(1, 17)], stage)
    assert staged == [number for number in range(1, 17) if number not in bad]
    assert set(staging.errors) == {f"events/{number}.ndjson" for number in bad}
    assert not staging.again
    assert len(calls) <= 1 + 2 * 4 * len(bad), "each drop to blame costs two statements for each time that 16 is halved"


def test_an_error_of_the_user_or_the_engine_ends_it_at_once() -> None:
    assert NO_RIGHT in PERMANENT
    calls = []

    def stage(items: Sequence[Item]) -> None:
        calls.append(len(items))
        raise EngineError("no right", NO_RIGHT)

    staging = staging_of()
    with pytest.raises(EngineError, match="no right"):
        staging.by_halves([item(number) for number in range(8)], stage)
    assert (calls, staging.errors) == ([8], {})


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (EngineError("cannot parse", UNPARSABLE), False),
        (EngineError("something new", 0), True),
        (ValueError("no number"), False),
        (OSError(errno.EIO, "input/output error"), True),
        (OSError("not a gzipped file"), False),
    ],
)
def test_only_what_the_bytes_cause_is_blamed_for_good(error: Exception, again: bool) -> None:
    staging = staging_of()
    staging.blame(item(1), error)
    (text,) = staging.errors.values()
    assert (staging.again == {"events/1.ndjson"}) is again
    assert text.endswith("the next ingest tries again" if again else "try again with `ads drops retry`")


def test_a_select_that_cannot_be_run_is_blamed_by_its_file_and_tried_again() -> None:
    staging = staging_of()
    staging.blame(item(1), EngineError("Code: 62. DB::Exception: Syntax error: failed at position 8", 62))
    assert staging.again == {"events/1.ndjson"}
    assert staging.errors["events/1.ndjson"] == (
        "sql/sources/events.sql cannot be run: Syntax error: failed at position 8; fix it, and the next ingest tries this drop again"
    )


def csv_item(tmp_path: Path, header: bytes, name: str = "events/a.csv") -> Item:
    path = tmp_path / Path(name).name
    path.write_bytes(gzip.compress(header) if name.endswith(".gz") else header)
    return item(1, name, path)


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (b"a,b\n1,2\n", ["a", "b"]),
        (b"\xef\xbb\xbfa, b ,\n", ["a", "b", "column_3"]),
        (b'"a,b","say ""x"""\r\n', ["a,b", 'say "x"']),
        (b"\xef\xbb\xbf\xef\xbb\xbfa,b\n", ["a", "b"]),
        (b"a", ["a"]),
        (b"`a`,b\\\n", ["`a`", "b\\"]),
    ],
)
@pytest.mark.parametrize("name", ["events/a.csv", "events/a.csv.gz"])
def test_columns_of_a_csv_drop(tmp_path: Path, header: bytes, names: list[str], name: str) -> None:
    assert csv_names(csv_item(tmp_path, header, name)) == tuple(names)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"", "names no column"),
        (b"a,b,a\n", "the column 'a' twice"),
        (b"\xff\xfe\n", 'encoding = "utf-16"'),
        (b"\xe9\n", 'encoding = "cp1252"'),
        (b'"a\n', "cannot be read"),
        (b"a,b\r1,2\r", "carriage returns alone"),
    ],
)
def test_a_header_that_names_no_columns(tmp_path: Path, header: bytes, reason: str) -> None:
    with pytest.raises(DropError, match=reason):
        csv_names(csv_item(tmp_path, header))


def test_a_truncated_compressed_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    packed = gzip.compress(",".join(f"column {number * 7919}" for number in range(9999)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DropError, match="cannot be read"):
        csv_names(item(1, "events/a.csv.gz", path))


def test_the_engine_knows_columns_of_a_csv_by_their_places() -> None:
    structure = "`c1` LowCardinality(Nullable(String)), `c2` LowCardinality(Nullable(String)), `c3` LowCardinality(Nullable(String))"
    assert csv_columns(["_file", "`"], 1, Cells("|")) == {
        "names": ["_file", "`"],
        "most": 3,
        "structure": structure,
        "delimiter": "|",
    }


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "inflate failed: buffer error",
            "it is truncated or damaged, or has another compression than its name says (inflate failed: buffer error)",
        ),
        (
            "The table structure cannot be extracted from a Parquet format file. Error:\nNot a file. (INCORRECT_DATA) (version 26.9 "
            "(a build)).\nYou can specify the structure manually",
            "as Parquet: Not a file",
        ),
        (
            "Cannot parse input: expected ',' before: 'b\\ne74,x': (at row 2)\n: Row 1: …",
            "near record 2, a cell in quotes is followed by 'b' and",
        ),
    ],
)
def test_what_an_engine_says_of_a_file_is_said_plainly(said: str, told: str) -> None:
    assert reason_of(EngineError(said), remedy="").startswith(told)


def test_types_stand_behind_their_names() -> None:
    assert structure_of([("a", "String"), ("b c", "Date")]) == "`a` String, `b c` Date"


def test_a_reason_names_no_file_of_the_run() -> None:
    error = EngineError(
        "Code: 27. DB::Exception: Cannot parse input\nat row 7: (in file/uri /tmp/batch-x/links-y/0000001.csv): While executing"
    )
    assert reason_of(error, "; fix it") == "Cannot parse input at row 7; fix it"
    error = EngineError("sources/a.sql fails on line 2: Cannot read DateTime: while executing 'FUNCTION toDateTime(x)'")
    assert reason_of(error, "; fix it") == "sources/a.sql fails on line 2: Cannot read DateTime; fix it"


@pytest.mark.parametrize(
    ("name", "size", "changed", "itself"),
    [
        ("events/a.ndjson", LARGE, {}, True),
        ("events/a.ndjson.gz", LARGE, {}, True),
        ("events/a.parquet", LARGE, {}, True),
        ("events/a.ndjson.zst", LARGE, {}, False),
        ("events/a.csv", LARGE, {}, False),
        ("events/a.ndjson", LARGE - 1, {}, False),
        ("events/a{1}.ndjson", LARGE, {}, False),
        ("events/a?.ndjson", LARGE, {}, False),
        ("events/a.ndjson", LARGE, {"s3_collection": ""}, False),
        ("events/a.ndjson", LARGE, {"landing_url": "/landing"}, False),
    ],
)
def test_which_drops_a_server_reads_itself(name: str, size: int, changed: dict[str, Any], itself: bool) -> None:
    settings = load_settings(**{"landing_url": "s3://bucket/landing", "s3_collection": "landing"} | changed)
    for reads_files in (False, True):
        warehouse = SimpleNamespace(connection=SimpleNamespace(reads_files=reads_files))
        assert reads_itself(staging_of(warehouse, settings), item(1, name, size=size).entry.drop) is (itself and not reads_files)


@pytest.mark.parametrize(
    ("form", "name", "itself"),
    [
        ('encoding = "utf-16"', "shop/a.ndjson", False),
        ("skip = 1", "shop/a.ndjson.gz", False),
        ("nonsense", "shop/a.ndjson", False),
        ('encoding = "utf-16"', "shop/a.parquet", True),
        ('encoding = "UTF8", delimiter = ";"', "shop/a.ndjson", True),
    ],
)
def test_a_server_reads_text_itself_only_as_it_is(tmp_path: Path, form: str, name: str, itself: bool) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "shop.sql").write_text(f"-- format: {form}\nSELECT *, fields AS event FROM lines")
    settings = load_settings(landing_url="s3://bucket/landing", s3_collection="landing", sql_dir=tmp_path)
    warehouse = SimpleNamespace(connection=SimpleNamespace(reads_files=False))
    assert reads_itself(staging_of(warehouse, settings), item(1, name, size=LARGE).entry.drop) is itself
