"""TSV, Avro, ORC, Arrow, bzip2 and xz: whole, empty, truncated, damaged and unknown ones, beside drops that are sound."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from tests.compression import zstd
from tests.engine.conftest import Home, event

FIELDS = ("event_id", "event_time", "event_type", "campaign_id", "cost")

Rows = list[dict[str, Any]]


def ndjson(rows: Rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def delimited(rows: Rows, part: str) -> bytes:
    return "".join(part.join(line) + "\n" for line in [FIELDS, *([row[field] for field in FIELDS] for row in rows)]).encode()


def columns(rows: Rows) -> pa.Table:
    return pa.Table.from_pylist(rows, pa.schema([(field, pa.string()) for field in FIELDS]))


def parquet(rows: Rows) -> bytes:
    file = BytesIO()
    pq.write_table(columns(rows), file)
    return file.getvalue()


def of_orc(rows: Rows) -> bytes:
    file = BytesIO()
    orc.write_table(columns(rows), file)
    return file.getvalue()


def arrow(rows: Rows, new: Callable[..., Any] = pa.ipc.new_file) -> bytes:
    file = BytesIO()
    with new(file, columns(rows).schema) as writer:
        writer.write_table(columns(rows), max_chunksize=700)
    return file.getvalue()


def avro(rows: Rows) -> bytes:
    file = BytesIO()
    schema = {"type": "record", "name": "Line", "fields": [{"name": field, "type": "string"} for field in FIELDS]}
    fastavro.writer(file, fastavro.parse_schema(schema), rows, codec="deflate")
    return file.getvalue()


WRITTEN: dict[str, Callable[[Rows], bytes]] = {
    "ndjson": ndjson,
    "csv": lambda rows: delimited(rows, ","),
    "tsv": lambda rows: delimited(rows, "\t"),
    "parquet": parquet,
    "orc": of_orc,
    "arrow": lambda rows: arrow(rows, pa.ipc.new_stream),
    "feather": arrow,
    "avro": avro,
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    ".gz": gzip.compress,
    ".zst": zstd.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def write(home: Home, name: str, content: bytes) -> None:
    (Path(home.settings.landing) / name).write_bytes(content)


@pytest.mark.further
@pytest.mark.each_engine
def test_every_format_in_every_compression(home: Home) -> None:
    names = [f"A.{form}{packing}" for form in WRITTEN for packing in PACKED]
    for place, name in enumerate(names):
        rows = [event(place * 10 + number) for number in range(10)]
        write(
            home,
            name.upper() if place % 2 else name,
            PACKED[Path(name).suffix if name.count(".") > 1 else ""](WRITTEN[name.split(".")[1]](rows)),
        )
    report = home.ingest()
    assert (report.errors, report.drops) == ({}, len(names))
    assert (report.counts.lines, report.counts.accepted) == (10 * len(names), 10 * len(names))
    lines = home.ask(
        "SELECT drop, groupArraySorted(99)(line_number) AS numbers, sum(toUInt64(substring(event_id, 2)) % 10 + 1 = line_number) AS same "
        "FROM events GROUP BY drop"
    )
    assert {(tuple(row["numbers"]), row["same"]) for row in lines} == {(tuple(range(1, 11)), 10)}


@pytest.mark.further
def test_empty_drops_have_no_lines(home: Home) -> None:
    for form, written in WRITTEN.items():
        for packing, pack in PACKED.items():
            write(home, f"none.{form}{packing}", pack(written([])))
            write(home, f"packed.{form}{packing}", pack(b""))
            write(home, f"nothing.{form}{packing}", b"")
    report = home.ingest()
    assert (report.errors, report.drops, report.counts.lines) == ({}, 3 * len(WRITTEN) * len(PACKED), 0)


@pytest.mark.further
@pytest.mark.each_engine
def test_truncated_and_damaged_drops_fail_alone(home: Home) -> None:
    rows, wanted = [event(number, campaign_id=f"{number * 7919 % 6007} {number}") for number in range(3000)], list[str]()
    for form, written in WRITTEN.items():
        content = written(rows)
        for packing, pack in PACKED.items():
            whole = pack(content)
            if not packing and form in ("ndjson", "csv", "tsv"):
                continue  # a text has no end: the last line is short
            for name, cut in (("end", len(whole) - 1), ("middle", len(whole) // 2), ("begin", 20)):
                write(home, f"{name}.{form}{packing}", whole[:cut])
                wanted.append(f"{name}.{form}{packing}")
            write(home, f"other.{form}{packing}", b"something else\n" * 99)
            wanted.append(f"other.{form}{packing}")
    write(home, "behind.ndjson.bz2", bz2.compress(ndjson(rows)) + b"something else")
    write(home, "behind.ndjson.xz", lzma.compress(ndjson(rows)) + b"something else")
    home.land("sound.ndjson", event(1))
    write(home, "two.csv.bz2", bz2.compress(delimited([event(2)], ",")) + bz2.compress(delimited([event(3)], ",").partition(b"\n")[2]))
    report = home.ingest()
    assert sorted(report.errors) == sorted([*wanted, "behind.ndjson.bz2", "behind.ndjson.xz"])
    assert (report.drops, report.counts.lines, report.counts.accepted) == (2, 3, 3)
    assert home.ask("SELECT count() AS n FROM quarantine") == [{"n": 0}]
    assert all("try again with `ads drops retry`" in error for error in report.errors.values()), report.errors
    assert home.ingest().failed_drops == 0


@pytest.mark.further
def test_damage_within_a_file(home: Home) -> None:
    rows = [event(number, campaign_id=f"{number * 7919 % 6007} {number}") for number in range(3000)]
    for form in ("arrow", "feather", "orc", "avro"):
        whole = WRITTEN[form](rows)
        for place in range(40, len(whole), len(whole) // 6):
            write(home, f"{form}-{place}.{form}", whole[:place] + bytes([whole[place] ^ 0xFF] * 40) + whole[place + 40 :])
    home.land("sound.ndjson", event(1))
    report = home.ingest()
    counts = {row["drop"]: row for row in home.ask("SELECT drop, status, lines FROM drops FINAL")}
    assert counts["sound.ndjson"]["status"] == "loaded"
    assert {row["lines"] for name, row in counts.items() if name not in report.errors} <= {1, 3000}, counts


def test_a_drop_of_an_unknown_ending_fails_and_can_be_dismissed(home: Home) -> None:
    write(home, "notes.txt", b"a,b\n")
    write(home, "archive.csv.zip", b"PK\x03\x04")
    home.land("sound.ndjson", event(1))
    report = home.ingest()
    assert (sorted(report.errors), report.counts.accepted) == (["archive.csv.zip", "notes.txt"], 1)
    assert "ends in .ndjson, .jsonl" in report.errors["notes.txt"]
    assert "`ads drops dismiss notes.txt`" in report.errors["notes.txt"]
    assert home.ingest().failed_drops == 0


def test_cells_of_a_tsv_are_as_they_stand(home: Home) -> None:
    header = "\t".join(["event_id", "event_time", "event_type", "campaign_id", "a", "b"])
    time = event(1)["event_time"]
    cells = [
        ["i1", time, "click", "c", "", "x y"],
        ["i2", time, "click", " c ", 'say "x"', ""],
        ["i3", time, "click", "c", '"q""\tr"', "\\N"],
        ["i4", time, "click"],
        ["i5", time, "click", "c", "", "", "more"],
        ["", "", ""],
        [],
    ]
    write(home, "a.tsv", "\r\n".join([header, *("\t".join(line) for line in cells)]).encode())
    assert home.ingest().errors == {}
    found = home.ask("SELECT event_id, line_number, campaign_id, attributes FROM events FINAL ORDER BY event_id")
    assert [(row["event_id"], row["line_number"], row["campaign_id"], row["attributes"]) for row in found] == [
        ("i1", 1, "c", {"b": "x y"}), ("i2", 2, " c ", {"a": 'say "x"'}), ("i3", 3, "c", {"a": 'q"\tr', "b": "\\N"})
    ]  # fmt: skip
    held = home.ask("SELECT line_number, reasons FROM quarantine FINAL ORDER BY line_number")
    assert [(row["line_number"], row["reasons"][0]) for row in held] == [
        (4, "missing:campaign_id"),
        (5, "not_object"),
        (6, "missing:event_id"),
    ]
