"""One table of values: how each is written in every format, and what the contract makes of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pyarrow as pa

DAY = datetime.now(UTC).date()
NOON = datetime(DAY.year, DAY.month, DAY.day, 12, 0, 0, 123000)
ID = UUID("00112233-4455-6677-8899-aabbccddeeff")
NESTED = {"a": 1, "b": "x"}


@dataclass(frozen=True)
class Value:
    """A value of a field: `column` for Parquet, `token` for NDJSON, `cell` for CSV; `wanted` is its text, or the reason of a refusal."""

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
ISO = f"{NOON:%FT%T}.123Z"
SECOND = f"{NOON:%FT%T}Z"
NOT_A_NUMBER = "invalid:cost"
STRUCT = pa.struct([("a", pa.int64()), ("b", pa.string())])
MOMENT = f"{NOON:%F %T}.123"

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
    **{
        f"time_in_{unit}_{(zone or 'no_zone').replace('/', '_')}": Value(
            "event_time", pa.array([NOON.replace(tzinfo=UTC) if zone else NOON], pa.timestamp(unit, zone)), text(ISO), ISO, MOMENT
        )
        for unit in ("ms", "us", "ns")
        for zone in (None, "UTC", "Europe/Berlin", "+02:00")
    },
}  # fmt: skip

FORMATS = ("parquet", "ndjson", "csv")


def common(name: str, form: str) -> dict[str, str]:
    """The other fields: an event of its own, as identity is a day and an id."""
    return {
        "event_id": f"{name}-{form}",
        "event_time": f"{DAY - timedelta(days=FORMATS.index(form))}T00:00:01Z",
        "event_type": "click",
        "campaign_id": "c",
    }


def parquet(name: str, value: Value) -> pa.Table:
    """A Parquet drop with one row."""
    return pa.table({key: pa.array([plain]) for key, plain in common(name, "parquet").items()} | {value.field: value.column})


def ndjson(name: str, value: Value) -> bytes:
    """The same as a line of NDJSON."""
    tokens = {key: text(plain) for key, plain in common(name, "ndjson").items()} | {value.field: value.token}
    pairs = ", ".join(f'"{key}": {token}' for key, token in tokens.items())
    return f"{{{pairs}}}".encode("utf-8", "surrogateescape")


def csv(name: str, value: Value) -> bytes:
    """The same as a CSV drop."""
    cells = common(name, "csv") | {value.field: value.cell or ""}
    return f"{','.join(cells)}\n{','.join(cells.values())}\n".encode("utf-8", "surrogateescape")


FOUND = """
SELECT drop, if(field = 'note', attributes['note'], multiIf(
    field = 'event_id', event_id, field = 'event_time', toString(event_time), field = 'event_type', event_type, toString(cost))) AS found
FROM (SELECT *, splitByChar('.', splitByChar('/', drop)[-1])[2] AS field FROM events FINAL)
UNION ALL
SELECT drop, arrayStringConcat(reasons, ' ') FROM quarantine FINAL
"""
"""What became of the value of each drop, which is named `<name of the value>.<shown_as>.<ending>`."""
