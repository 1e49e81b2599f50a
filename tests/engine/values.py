"""One table of values: how each is written in every format, and what the contract makes of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

DAY = datetime.now(UTC).date()
NOON = datetime(DAY.year, DAY.month, DAY.day, 12, 0, 0, 123000)
NOON_UTC = NOON.replace(tzinfo=UTC)
ID = UUID("00112233-4455-6677-8899-aabbccddeeff")
NESTED = {"a": 1, "b": "x"}


@dataclass(frozen=True)
class Value:
    """A value of a field, and what becomes of it.

    Args:
        column: for Parquet, Arrow, and ORC if that has such a type.
        token, cell: for NDJSON; for CSV and TSV.
        wanted: its text, or the reason of a refusal.
        wanted_of_json: the same for NDJSON, where that differs.
    """

    field: str
    column: pa.Array
    token: str
    cell: str | None
    wanted: str
    wanted_of_json: str = ""

    @property
    def shown_as(self) -> str:
        """Where `FOUND` looks for it."""
        return "note" if self.field == "attributes" else self.field


def text(value: str) -> str:
    return json.dumps(value)


def uuids() -> pa.Array:
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.array([ID.bytes], pa.binary(16)))


DIGITS = "12345678901234567890.123456789"
AMOUNT = "123456789.123456"
NINE, TEN, LARGEST = "-0.123456789", "0.1234567891", "-999999999.999999999"
ISO = f"{NOON:%FT%T}.123Z"
SECOND = f"{NOON:%FT%T}Z"
DEEP = pa.array([[{"t": "é", "a": [1]}]], pa.list_(pa.struct([("t", pa.large_string()), ("a", pa.large_list(pa.int32()))])))
NOT_A_NUMBER = "invalid:cost"
STRUCT = pa.struct([("a", pa.int64()), ("b", pa.string())])
MOMENT = f"{NOON:%F %T}.123"


def logical(kind: str, meaning: str, **more: Any) -> dict[str, Any]:
    """A type of Avro with another meaning than its bytes have."""
    return {"type": kind, "logicalType": meaning} | more


VALUES: Mapping[str, Value] = {
    "nan": Value("cost", pa.array([float("nan")]), "NaN", "NaN", NOT_A_NUMBER, "not_json"),
    "infinity": Value("cost", pa.array([float("inf")]), "1e400", "inf", NOT_A_NUMBER, "not_json"),
    "minus_infinity": Value("cost", pa.array([float("-inf")]), "-Infinity", "-inf", NOT_A_NUMBER, "not_json"),
    "nan_of_32_bits": Value("cost", pa.array([float("nan")], pa.float32()), "NaN", "nan", NOT_A_NUMBER, "not_json"),
    "double": Value("cost", pa.array([0.1]), "0.1", "0.1", "0.1"),
    "float_of_32_bits": Value("cost", pa.array([0.1], pa.float32()), "0.1", "0.1", "0.1"),
    "float_of_16_bits": Value("cost", pa.array([1.5], pa.float16()), "1.5", "1.5", "1.5"),
    "decimal": Value("cost", pa.array([Decimal(AMOUNT)], pa.decimal128(18, 6)), text(AMOUNT), AMOUNT, AMOUNT),
    "decimal_of_many_digits": Value("note", pa.array([Decimal(DIGITS)], pa.decimal128(38, 9)), text(DIGITS), DIGITS, DIGITS),
    "nine_decimals": Value("cost", pa.array([Decimal(NINE)], pa.decimal128(18, 9)), text(NINE), NINE, NINE),
    "ten_decimals": Value("cost", pa.array([Decimal(TEN)], pa.decimal128(18, 10)), text(TEN), TEN, NOT_A_NUMBER),
    "largest_refund": Value("cost", pa.array([Decimal(LARGEST)], pa.decimal128(38, 9)), text(LARGEST), LARGEST, LARGEST),
    "too_large": Value("cost", pa.array([-1_000_000_000]), "-1000000000", "-1000000000", "invalid:cost"),
    "negative_double": Value("cost", pa.array([-2.5]), "-2.5", "-2.5", "-2.5"),
    "smallest_double": Value("cost", pa.array([-1e-9]), "-1e-9", "-0.000000001", "-0.000000001"),
    "sum_of_doubles": Value("cost", pa.array([0.1 + 0.2]), "0.30000000000000004", "0.30000000000000004", "invalid:cost"),
    "whole_decimal": Value("event_id", pa.array([Decimal(7)], pa.decimal128(9, 0)), "7", "7", "7"),
    "largest_integer": Value("event_id", pa.array([2**64 - 1], pa.uint64()), str(2**64 - 1), str(2**64 - 1), str(2**64 - 1)),
    "smallest_integer": Value("note", pa.array([-(2**63)]), str(-(2**63)), str(-(2**63)), str(-(2**63))),
    "uuid": Value("event_id", uuids(), text(str(ID)), str(ID), str(ID)),
    "uuid_beside": Value("note", uuids(), text(str(ID)), str(ID), str(ID)),
    "enum": Value("event_type", pa.array(["click"]).dictionary_encode(), '"click"', "click", "click"),
    "bool": Value("note", pa.array([True]), "true", "true", "true"),
    "null": Value("note", pa.array([None]), "null", "", ""),
    "null_text": Value("event_id", pa.array([None], pa.string()), "null", "", "missing:event_id"),
    "view": Value("note", pa.array(["x"], pa.string_view()), '"x"', "x", "x"),
    "large_text": Value("note", pa.array(["é\"\n"], pa.large_string()), text("é\"\n"), '"é""\n"', "é\"\n"),
    "date": Value("note", pa.array([date(2026, 11, 24)]), '"2026-11-24"', "2026-11-24", "2026-11-24"),
    "date_as_time": Value("event_time", pa.array([DAY]), text(f"{DAY}"), f"{DAY}", "invalid:event_time"),
    "seconds": Value("event_time", pa.array([NOON.replace(microsecond=0)], pa.timestamp("s")), text(SECOND), SECOND, f"{NOON:%F %T}.000"),
    "struct": Value("note", pa.array([NESTED], STRUCT), json.dumps(NESTED), None, '{"a":1,"b":"x"}'),
    "list": Value("note", pa.array([[1, 2]]), "[1, 2]", None, "[1,2]"),
    "map": Value("note", pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())), '{"k": "v"}', None, '{"k":"v"}'),
    "attributes": Value("attributes", pa.array([[("note", "v")]], pa.map_(pa.string(), pa.string())), '{"note": "v"}', None, "v"),
    "not_utf_8": Value("note", pa.array([b"\xff"], pa.binary()), '"\udcff"', "\udcff", "not_json"),
    "union": Value("note", pa.array(["x"]), '"x"', "x", "x"),
    "time_of_avro": Value("event_time", pa.array([NOON]), text(ISO), ISO, MOMENT),
    "micros_of_avro": Value("event_time", pa.array([NOON]), text(ISO), ISO, MOMENT),
    "deep": Value("note", DEEP, '[{"t":"é","a":[1]}]', None, '[{"t":"é","a":[1]}]'),
    **{
        f"time_in_{unit}_{(zone or 'no_zone').replace('/', '_')}": Value(
            "event_time", pa.array([NOON.replace(tzinfo=UTC) if zone else NOON], pa.timestamp(unit, zone)), text(ISO), ISO, MOMENT
        )
        for unit in ("ms", "us", "ns")
        for zone in (None, "UTC", "Europe/Berlin", "+02:00")
    },
}  # fmt: skip

ENUM = {"type": "enum", "name": "E", "symbols": ["x", "click"]}
RECORD = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}]}
TEXTS = {"type": "map", "values": "string"}

AVRO: Mapping[str, tuple[Any, Any]] = {
    "nan": ("double", float("nan")),
    "infinity": ("double", float("inf")),
    "minus_infinity": ("double", float("-inf")),
    "nan_of_32_bits": ("float", float("nan")),
    "double": ("double", 0.1),
    "float_of_32_bits": ("float", 0.1),
    "decimal": (logical("bytes", "decimal", precision=18, scale=6), Decimal(AMOUNT)),
    "decimal_of_many_digits": (logical("fixed", "decimal", name="D", size=16, precision=38, scale=9), Decimal(DIGITS)),
    "smallest_integer": ("long", -(2**63)),
    "uuid": (logical("string", "uuid"), ID),
    "uuid_beside": (logical("string", "uuid"), ID),
    "enum": (ENUM, "click"),
    "bool": ("boolean", True),
    "null": ("null", None),
    "null_text": (["null", "string"], None),
    "large_text": ("string", 'é"\n'),
    "date": (logical("int", "date"), date(2026, 11, 24)),
    "date_as_time": (logical("int", "date"), DAY),
    "struct": (RECORD, NESTED),
    "list": ({"type": "array", "items": "long"}, [1, 2]),
    "map": (TEXTS, {"k": "v"}),
    "attributes": (TEXTS, {"note": "v"}),
    "not_utf_8": ("bytes", b"\xff"),
    "union": (["null", "string", "long"], "x"),
    "time_of_avro": (logical("long", "timestamp-millis"), NOON_UTC),
    "micros_of_avro": (logical("long", "timestamp-micros"), NOON_UTC),
}
"""A type of Avro and the value to write, of those values that Avro has."""

FORMATS = ("ndjson", "csv", "tsv", "parquet", "arrow", "feather", "orc", "avro")

NOT_OF_ORC = {"float_of_16_bits", "largest_integer", "uuid", "uuid_beside", "enum", "null", "view"}
"""Values whose types pyarrow does not write to ORC."""


def common(name: str, form: str) -> dict[str, str]:
    """The other fields: an event of its own, as identity is a day and an id."""
    return {
        "event_id": f"{name}-{form}",
        "event_time": f"{DAY - timedelta(days=FORMATS.index(form))}T00:00:01Z",
        "event_type": "click",
        "campaign_id": "c",
    }


def table(name: str, value: Value, form: str) -> pa.Table:
    """One row of columns."""
    return pa.table({key: pa.array([plain]) for key, plain in common(name, form).items()} | {value.field: value.column})


def parquet(name: str, value: Value) -> bytes:
    """A Parquet drop with one row."""
    file = BytesIO()
    pq.write_table(table(name, value, "parquet"), file)
    return file.getvalue()


def arrow(name: str, value: Value, form: str) -> bytes:
    """The same as an Arrow stream, or as an Arrow file (`feather`)."""
    made, file = table(name, value, form), BytesIO()
    with (pa.ipc.new_file if form == "feather" else pa.ipc.new_stream)(file, made.schema) as writer:
        writer.write_table(made)
    return file.getvalue()


def of_orc(name: str, value: Value) -> bytes:
    """The same as an ORC drop."""
    file = BytesIO()
    orc.write_table(table(name, value, "orc"), file)
    return file.getvalue()


def avro(name: str, value: Value) -> bytes:
    """The same as an Avro drop."""
    plain, file = common(name, "avro"), BytesIO()
    kinds: dict[str, Any] = dict.fromkeys(plain, "string") | {value.field: AVRO[name][0]}
    schema = {"type": "record", "name": "Line", "fields": [{"name": key, "type": kind} for key, kind in kinds.items()]}
    fastavro.writer(file, fastavro.parse_schema(schema), [plain | {value.field: AVRO[name][1]}])
    return file.getvalue()


def ndjson(name: str, value: Value) -> bytes:
    """The same as a line of NDJSON."""
    tokens = {key: text(plain) for key, plain in common(name, "ndjson").items()} | {value.field: value.token}
    pairs = ", ".join(f'"{key}": {token}' for key, token in tokens.items())
    return f"{{{pairs}}}".encode("utf-8", "surrogateescape")


def cells(name: str, value: Value, form: str) -> bytes:
    """The same as a CSV drop, or one with tabs."""
    plain, part = common(name, form) | {value.field: value.cell or ""}, {"csv": ",", "tsv": "\t"}[form]
    return f"{part.join(plain)}\n{part.join(plain.values())}\n".encode("utf-8", "surrogateescape")


def drops() -> Iterator[tuple[str, bytes, str]]:
    """The name, the bytes and what is wanted, of each value in each format that has it."""
    for name, value in VALUES.items():
        file, wanted = f"{name}.{value.shown_as}", value.wanted
        yield f"{file}.ndjson", ndjson(name, value) + b"\n", value.wanted_of_json or wanted
        if value.cell is not None:
            yield f"{file}.csv", cells(name, value, "csv"), wanted
            yield f"{file}.tsv", cells(name, value, "tsv"), wanted
        yield f"{file}.parquet", parquet(name, value), wanted
        for form in ("arrow", "feather"):
            yield f"{file}.{form}", arrow(name, value, form), wanted
        if name not in NOT_OF_ORC:
            yield f"{file}.orc", of_orc(name, value), wanted
        if name in AVRO:
            yield f"{file}.avro", avro(name, value), wanted


FOUND = """
SELECT drop, if(field = 'note', attributes['note'], multiIf(
    field = 'event_id', event_id, field = 'event_time', toString(event_time), field = 'event_type', event_type, toString(cost))) AS found
FROM (SELECT *, splitByChar('.', splitByChar('/', drop)[-1])[2] AS field FROM events FINAL)
UNION ALL
SELECT drop, arrayStringConcat(reasons, ' ') FROM quarantine FINAL
"""
"""What became of the value of each drop, which is named `<name of the value>.<shown_as>.<ending>`."""
