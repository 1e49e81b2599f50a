"""Hostile lines in every format, many of them: each is accounted for, judged as over HTTP, and no good line beside it is lost.

`ADS_HOSTILE_LINES=1000000` makes it a million of each format; the default is a few thousand.
"""

import csv
import gzip
import hashlib
import json
import math
import os
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import fastavro
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from ads_pipeline.contract.judging import refusals
from ads_pipeline.contract.window import Window
from ads_pipeline.pipeline.ledger import read_ledger
from ads_pipeline.pipeline.run import apply_changes
from tests.engine.conftest import Home
from tests.engine.test_contract import TIMES, TOKENS, spoiled

LINES = int(os.environ.get("ADS_HOSTILE_LINES", "4000"))
A_DROP = 50_000
"""Lines of a drop."""

FIELDS = ("event_id", "event_time", "event_type", "campaign_id", "user_id", "country", "device", "quantity", "cost", "revenue", "note")
TIME = "2026-11-24T10:00:00Z"
ODD = [
    *(token.strip('"') for token in TOKENS), *TIMES, "", " ", "nan", "inf", "-", "--", "N/A", "1,5", "1.234,56", "$5", "(5)", "05",
    "1e999", "0x10",
    "x" * 128, "x" * 129, "\u00e9" * 128, "\U0001f600" * 129, "a\nb", "a\r\nb", '"', '""', "'", "\\", "\\N",
    "a\tb", "a;b", ";", ",", "\x00", "\x1b[31m",
    "\u2028", "\u202e", "\ufeff", "=1+1", "null", "true", "[]", "{}",
     '{"a":"b"}', "<b>", "DROP TABLE events", "{drop_no:UInt32}", "../..", "9" * 40,
    "2026-02-30T00:00:00Z",
]  # fmt: skip
FITTING: dict[str, list[str]] = {
    "event_time": [TIME], "event_type": ["click", "impression", "conversion"], "campaign_id": ["c1", "c 2"], "user_id": ["", "u1"],
    "country": ["", "DE"], "device": ["", "ctv"], "quantity": ["", "1", "7"],
    "cost": ["", "0.25", "-1"], "revenue": ["", "3"], "note": ["", "n"],
}  # fmt: skip

HELD = """
SELECT line_number, arrayStringConcat(reasons, ' ') AS because, lower(hex(MD5(line))) AS digest FROM quarantine FINAL WHERE drop = '{drop}'
"""

Drop = tuple[str, bytes, list[bytes], int]
"""Its name, its bytes, its lines as they are judged over HTTP, how many of them are good."""


def texts(number: int, chance: random.Random) -> dict[str, str]:
    """Every tenth record is good, and the others have up to three odd values."""
    record = {"event_id": f"good-{number}" if number % 10 == 0 else f"e{number % 977}"}
    record |= {field: chance.choice(values) for field, values in FITTING.items()}
    if number % 10:
        record |= {field: chance.choice(ODD) for field in chance.choices(FIELDS, k=chance.choice((1, 1, 2, 3)))}
    return record


def as_json(record: dict[str, Any]) -> bytes:
    """The line that a reader makes of it: what is empty is null."""
    values = {key: None if value == "" else value for key, value in record.items()}
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")


def ndjson(numbers: range, chance: random.Random) -> tuple[bytes, list[bytes]]:
    lines = []
    for number in numbers:
        values = {key: json.dumps(value) for key, value in texts(number, chance).items()}
        if number % 10:
            values |= {field: chance.choice(TOKENS) for field in chance.choices(FIELDS, k=chance.choice((0, 1)))}
        line = ("{" + ",".join(f'"{key}":{value}' for key, value in values.items() if value != '""') + "}").encode()
        line = spoiled(line, chance) if number % 10 and chance.random() < 0.6 else line
        lines.append(line.replace(b"\n", b"").strip() or b"0")
    return gzip.compress(b"\n".join(lines) + b"\n", 1), lines


def cells(delimiter: str) -> Callable[[range, random.Random], tuple[bytes, list[bytes]]]:
    def made(numbers: range, chance: random.Random) -> tuple[bytes, list[bytes]]:
        text, lines = StringIO(), list[bytes]()
        everything, plain = (csv.writer(text, delimiter=delimiter, quoting=how) for how in (csv.QUOTE_ALL, csv.QUOTE_MINIMAL))
        plain.writerow(FIELDS)
        for number in numbers:
            record = {key: "" if value == "\0" else value for key, value in texts(number, chance).items()}
            row, size = [record[field] for field in FIELDS], len(FIELDS) if number % 10 else 0
            size = chance.choice((size, size, size, 1, 4, size + 1, size + 3, size + 80)) if size else len(FIELDS)
            row = [*row, *(["x"] * 80)][:size]
            is_plain = all(re.fullmatch(r"[\w.:+-]*", cell) for cell in row)
            (plain if is_plain and (len(row) > 1 or row[0]) else everything).writerow(row)
            holds_lines = size < len(FIELDS) and "\n" in row[-1]  # as a quote that is never closed makes it
            is_object = size <= len(FIELDS) and not holds_lines
            lines.append(as_json(dict(zip(FIELDS, [*row, *[""] * 80], strict=False))) if is_object else b"[]")
            if lines[-1] == as_json(dict.fromkeys(FIELDS, "")) and size == 1:
                lines[-1] = b""  # a record without any cell is no line, and keeps its number
        return text.getvalue().encode(), lines

    return made


def table(write: Callable[[pa.Table], bytes]) -> Callable[[range, random.Random], tuple[bytes, list[bytes]]]:
    def made(numbers: range, chance: random.Random) -> tuple[bytes, list[bytes]]:
        floats = [0.1, -0.0, 1e-7, 1e9, 1e300, 5e-324, 0.1 + 0.2, float("nan"), float("inf"), float("-inf"), None, 1.5]
        records: list[dict[str, Any]] = []
        for number in numbers:
            is_good = number % 10 == 0
            record: dict[str, Any] = texts(number, chance)
            record = {key: value or None for key, value in record.items()} if is_good else record
            record["cost"] = 0.25 if is_good else chance.choice(floats)
            record["user_id"] = 1 if is_good else chance.choice((0, -1, 2**63 - 1, None))
            records.append({key: record[key] for key in FIELDS})
        columns = {field: [record[field] for record in records] for field in FIELDS}
        lines = [json.dumps({key: finite(value) for key, value in one.items()}, ensure_ascii=False).encode() for one in records]
        return write(pa.table(columns)), lines

    return made


def finite(value: Any) -> Any:
    """As the reader writes it into JSON."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def parquet(found: pa.Table) -> bytes:
    sink = BytesIO()
    pq.write_table(found, sink, row_group_size=7001)
    return sink.getvalue()


def orc_file(found: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    orc.write_table(found, sink)
    return bytes(sink.getvalue())


def arrow(found: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, found.schema) as file:
        file.write_table(found)
    return bytes(sink.getvalue())


def avro(found: pa.Table) -> bytes:
    kinds = {"user_id": "long", "cost": "double"}
    fields = [{"name": name, "type": ["null", kinds.get(name, "string")]} for name in found.column_names]
    file = BytesIO()
    fastavro.writer(file, fastavro.parse_schema({"type": "record", "name": "r", "fields": fields}), found.to_pylist(), codec="deflate")
    return file.getvalue()


def array(numbers: range, chance: random.Random) -> tuple[bytes, list[bytes]]:
    """A JSON array whose elements stand in one line, in many, or several in a line."""
    lines = []
    for number in numbers:
        values = {key: json.dumps(value) for key, value in texts(number, chance).items()}
        if number % 10:
            values |= {field: chance.choice(VALID) for field in chance.choices(FIELDS, k=chance.choice((0, 1)))}
        comma = chance.choice((",", ", ", ",\n  "))
        lines.append(("{" + comma.join(f'"{key}":{value}' for key, value in values.items() if value != '""') + "}").encode())
    if len(lines) > 1:
        lines[3::10] = [chance.choice((b"7", b"[]", b"null", b'"{}"', b'"]"')) for _ in lines[3::10]]
    between = chance.choice((b",", b",\n", b"\n  ,\n  "))
    return gzip.compress(b"\n[ " + between.join(lines) + b"\n]\n", 1), lines


def is_json(token: str) -> bool:
    try:
        msgspec.json.decode(token)
    except msgspec.DecodeError:
        return False
    return True


VALID = [token for token in TOKENS if is_json(token)]
FORMATS: dict[str, Callable[[range, random.Random], tuple[bytes, list[bytes]]]] = {
    "ndjson.gz": ndjson, "csv": cells(","), "tsv": cells("\t"), "parquet": table(parquet), "orc": table(orc_file), "arrow": table(arrow),
    "avro": table(avro), "json.gz": array,
}  # fmt: skip


def drops(form: str) -> Iterator[Drop]:
    for place, start in enumerate(range(0, LINES, A_DROP)):
        numbers = range(start, min(start + A_DROP, LINES))
        content, lines = FORMATS[form](numbers, random.Random(f"{form}-{place}"))
        yield f"d{place:03}.{form}", content, lines, len(numbers) // 10 + (len(numbers) % 10 > 0)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_each_hostile_line_is_accounted_for_and_judged_as_over_http(make_home: Callable[..., Home], form: str) -> None:
    home = make_home(retention_days=0)
    apply_changes(home.warehouse, home.settings)
    folder, wanted, good = Path(home.settings.landing) / "events", dict[str, tuple[int, dict[int, tuple[str, str]]]](), 0
    folder.mkdir(parents=True)
    window = Window(date(1970, 1, 1), datetime.now(UTC) + timedelta(hours=24))
    for name, content, lines, sound in drops(form):
        (folder / name).write_bytes(content)
        refused = {at + 1: (" ".join(reasons), digest(lines[at], form)) for at, reasons in refusals(lines, window).items()}
        wanted[f"events/{name}"] = sum(map(bool, lines)), refused
        good += sound
    report = home.ingest()
    assert report.errors == {}
    ledger = {row["drop"]: row for row in read_ledger(home.warehouse)}
    for drop, (count, refused) in wanted.items():
        row = ledger[drop]
        assert (row["lines"], row["records"], row["ignored"], row["quarantined"]) == (count, count, 0, len(refused)), drop
        assert row["accepted"] + row["duplicates"] + row["corrections"] + row["quarantined"] == count
        held = home.ask(HELD.format(drop=drop))
        found = {int(one["line_number"]): (one["because"], one["digest"] if form == "ndjson.gz" else "") for one in held}
        different = {at: (found.get(at), refused.get(at)) for at in found.keys() | refused.keys() if found.get(at) != refused.get(at)}
        assert not different, (drop, len(different), dict(list(different.items())[:5]))
    (kept,) = home.ask("SELECT uniqExact(event_id) AS kept FROM events_current WHERE startsWith(event_id, 'good-')")
    assert kept["kept"] == good


def digest(line: bytes, form: str) -> str:
    """Of a line that is kept as it stands; those of other formats are written by the reader."""
    return hashlib.md5(line, usedforsecurity=False).hexdigest() if form == "ndjson.gz" else ""
