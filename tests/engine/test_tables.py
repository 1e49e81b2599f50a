"""Nested nulls, and dates and times of any year, are the same in every format of tables and on every engine."""

import gzip
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from tests.engine.conftest import Home, event

RECORD = pa.struct([pa.field("a", pa.int32(), nullable=False), pa.field("b", pa.struct([("c", pa.string())]))])
FAR = pa.struct([("t", pa.timestamp("us")), ("d", pa.date32()), ("h", pa.time64("us"))])
ID = UUID(int=5)
IDS = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([ID.bytes, None], pa.binary(16)))

COLUMNS: dict[str, tuple[pa.Array, list[str]]] = {
    "struct": (pa.array([{"a": 1, "b": None}, None], RECORD), ['{"a":1,"b":{"c":null}}', '{"a":null,"b":{"c":null}}']),
    "list": (pa.array([[1, None], None], pa.list_(pa.int64())), ["[1,null]", "[]"]),
    "pair": (pa.array([[1, 2], None], pa.list_(pa.int8(), 2)), ["[1,2]", "[]"]),
    "map": (pa.array([[("k", None)], None], pa.map_(pa.string(), pa.int64())), ['{"k":null}', "{}"]),
    "date": (pa.array([date(9999, 12, 31), date(1, 1, 1)]), ["9999-12-31", "0001-01-01"]),
    "date_of_64_bits": (pa.array([date(9999, 12, 31), date(1900, 1, 1)], pa.date64()), ["9999-12-31", "1900-01-01"]),
    "time": (
        pa.array([datetime(9999, 12, 31, 23, 59, 59, 7), datetime(1, 1, 1)], pa.timestamp("us")),
        ["9999-12-31T23:59:59.000007Z", "0001-01-01T00:00:00.000000Z"],
    ),
    "time_in_a_zone": (
        pa.array([253402300799123, -2208988800001], pa.timestamp("ms", "Asia/Tokyo")),
        ["9999-12-31T23:59:59.123Z", "1899-12-31T23:59:59.999Z"],
    ),
    "time_of_day": (pa.array([time(1, 2, 3, 4), None]), ["01:02:03.000004", ""]),
    "ids": (IDS, [str(ID), ""]),
    "id_within": (pa.StructArray.from_arrays([IDS], names=["u"]), [f'{{"u":"{ID}"}}', '{"u":null}']),
    "far": (
        pa.array([[{"t": datetime(9999, 12, 31), "d": date(2300, 1, 1), "h": time(1)}], None], pa.list_(FAR)),
        ['[{"t":"9999-12-31T00:00:00.000000Z","d":"2300-01-01","h":"01:00:00.000000"}]', "[]"],
    ),
}  # fmt: skip
"""Two values of each type, and their texts."""

NOT_OF_ORC = ("date_of_64_bits", "time", "time_in_a_zone", "time_of_day", "ids", "id_within", "far")
"""What pyarrow does not write to ORC, or does not read from it: times outside of those in nanoseconds."""


def table(column: pa.Array, first: int = 1, name: str = "v") -> pa.Table:
    rows = pa.Table.from_pylist([event(first + place) for place in range(len(column))])
    return rows.append_column(name, column)


def parquet(rows: pa.Table) -> bytes:
    file = BytesIO()
    pq.write_table(rows, file)
    return file.getvalue()


def of_orc(rows: pa.Table) -> bytes:
    file = BytesIO()
    orc.write_table(rows, file)
    return file.getvalue()


def arrow(rows: pa.Table, new: Callable[..., Any] = pa.ipc.new_file) -> bytes:
    file = BytesIO()
    with new(file, rows.schema) as writer:
        writer.write_table(rows)
    return file.getvalue()


def stream(rows: pa.Table) -> bytes:
    return arrow(rows, pa.ipc.new_stream)


FORMS = {"parquet": parquet, "arrow": arrow, "feather": stream, "orc": of_orc}


def avro(kind: Any, values: Sequence[Any], first: int) -> bytes:
    rows = [dict(event(first + place), v=value) for place, value in enumerate(values)]
    fields = [{"name": name, "type": "string"} for name in event(1)] + [{"name": "v", "type": kind}]
    file = BytesIO()
    fastavro.writer(file, fastavro.parse_schema({"type": "record", "name": "Line", "fields": fields}), rows)
    return file.getvalue()


def write(home: Home, name: str, content: bytes) -> None:
    path = Path(home.settings.landing) / "events" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def found(home: Any) -> dict[str, list[str]]:
    rows = home.ask("SELECT drop, groupArray(attributes['v']) AS texts FROM (SELECT * FROM events ORDER BY line_number) GROUP BY drop")
    return {row["drop"].removeprefix("events/"): row["texts"] for row in rows}


@pytest.mark.each_engine
def test_nested_nulls_and_far_times(home: Home) -> None:
    wanted, number = dict[str, list[str]](), 0
    for name, (column, texts) in COLUMNS.items():
        for form, written in FORMS.items():
            if form != "orc" or name not in NOT_OF_ORC:
                number += 2
                write(home, f"{name}.{form}", written(table(column, number)))
                wanted[f"{name}.{form}"] = texts
    report = home.ingest()
    assert report.errors == {}
    assert found(home) == wanted


@pytest.mark.each_engine
def test_nulls_and_unions_of_avro(home: Home) -> None:
    inner = {"type": "record", "name": "I", "fields": [{"name": "c", "type": "string"}]}
    record = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": ["null", inner]}]}
    write(home, "records.avro", avro(["null", record], [{"a": 1, "b": {"c": "x"}}, {"a": 2, "b": None}, None], 1))
    write(home, "numbers.avro", avro(["int", "long", "float", "double"], [1, 1 << 40, 1.5], 4))
    assert home.ingest().errors == {}
    assert found(home) == {
        "records.avro": ['{"a":1,"b":{"c":"x"}}', '{"a":2,"b":{"c":null}}', '{"a":null,"b":{"c":null}}'],
        "numbers.avro": ["1", "1099511627776", "1.5"],
    }


@pytest.mark.each_engine
def test_a_far_date_of_avro_is_kept_or_said(home: Home) -> None:
    write(home, "a.avro", avro({"type": "int", "logicalType": "date"}, [date(9999, 12, 31), date(2026, 1, 1)], 1))
    errors = home.ingest().errors
    if errors:  # an older release
        assert "and this release would change it" in errors["events/a.avro"]
        assert found(home) == {}
    else:
        assert found(home) == {"a.avro": ["9999-12-31", "2026-01-01"]}


@pytest.mark.each_engine
def test_a_column_without_a_name_is_not_left_out(home: Home) -> None:
    for place, (form, written) in enumerate(FORMS.items(), 1):
        write(home, f"a.{form}", written(table(pa.array(["x"]), place, "")))
        write(home, f"b.{form}.gz", gzip.compress(written(table(pa.array(["x"]), place, ""))))
    errors = home.ingest().errors
    assert len(errors) == 8
    assert all("has no name, and would be left out" in error for error in errors.values()), errors


def test_a_stream_that_ends_between_two_messages_is_truncated(home: Home) -> None:
    write(home, "a.feather", stream(table(pa.array([0, 0])))[:-8])
    assert "truncated" in home.ingest().errors["events/a.feather"]


@pytest.mark.each_engine
def test_text_of_arrow_that_is_not_utf_8_costs_its_record_alone(home: Home) -> None:
    write(home, "a.arrow", arrow(table(pa.array([b"x", b"\xff"]).view(pa.string()))))
    report = home.ingest()
    assert (report.errors, report.counts.accepted, report.counts.quarantined) == ({}, 1, 1)


@pytest.mark.each_engine
def test_times_of_96_bits_beyond_those_in_nanoseconds_fail(home: Home) -> None:
    file = BytesIO()
    pq.write_table(table(pa.array([datetime(9999, 12, 31)], pa.timestamp("us"))), file, use_deprecated_int96_timestamps=True)
    write(home, "a.parquet", file.getvalue())
    assert "INT96" in home.ingest().errors["events/a.parquet"]
