"""Drops that hold far more than they seem are refused before an engine reads them; others cost nothing."""

import gzip
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ads_pipeline.errors import DropError
from ads_pipeline.landing import format_of
from ads_pipeline.pipeline.staging import bounds
from ads_pipeline.pipeline.staging.bounds import TEXTS, Meter, check_bounds
from ads_pipeline.settings import load_settings
from tests.compression import zstd

LINE = b'{"event_id":"%d","campaign_id":"c%d"}\n'


def ordinary(count: int = 100_000) -> bytes:
    return b"".join(LINE % (number * 7919 % 1_000_003, number % 97) for number in range(count))


def check(path: Path, **settings: Any) -> None:
    form = format_of(path.name)
    assert form
    check_bounds(path, form, Meter(load_settings(**settings), path.stat().st_size, form.name in TEXTS))


def in_time(call: Callable[[], None], seconds: float) -> None:
    started = time.thread_time()
    call()
    assert time.thread_time() - started < seconds


def zeros(path: Path) -> bytes:
    """31 million lines in 60 kB."""
    made = zstd.compress if path.suffix == ".zst" else gzip.compress
    data: bytes = made(b"0\n" * 31_000_000)
    return data


@pytest.mark.parametrize("name", ["a.ndjson.gz", "a.csv.gz", "a.ndjson.zst"])
def test_few_bytes_that_hold_millions_of_lines(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(zeros(tmp_path / name))
    with pytest.raises(DropError, match=r"more than 200 bytes for each of its [\d,]+ \(ADS_DROP_MAX_RATIO\)"):
        in_time(lambda: check(tmp_path / name), 1)


def test_members_do_not_hide_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson.gz").write_bytes(zeros(tmp_path / "a") + gzip.compress(b"{}\n"))
    with pytest.raises(DropError, match="ADS_DROP_MAX_RATIO"):
        in_time(lambda: check(tmp_path / "a.ndjson.gz"), 1)


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz", "a.ndjson.zst", "a.csv.gz"])
def test_a_line_that_would_fill_the_memory(tmp_path: Path, name: str) -> None:
    pack: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".zst": zstd.compress}
    path = tmp_path / name
    path.write_bytes(pack.get(path.suffix, bytes)((b"{}\n" if name == "a.ndjson" else b"") + ordinary().replace(b"\n", b" ")))
    with pytest.raises(DropError, match=r"a line of it has more than 1,048,576 bytes \(ADS_DROP_MAX_LINE\)"):
        check(path, drop_max_line=1 << 20)
    check(path)


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("drop_max_bytes", 1 << 20, "ADS_DROP_MAX_BYTES"),
        ("drop_max_lines", 99_999, "ADS_DROP_MAX_LINES"),
        ("drop_seconds", timedelta(0), "ADS_DROP_SECONDS"),
    ],
)
def test_each_bound_is_a_setting(tmp_path: Path, setting: str, value: Any, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "ORDINARY", 0)
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(ordinary()))
    check(path)
    with pytest.raises(DropError, match=says):
        check(path, **{setting: value})


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz", "a.ndjson.zst"])
def test_ordinary_drops_are_not_decompressed(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    pack: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".zst": zstd.compress}
    path.write_bytes(pack.get(path.suffix, bytes)(ordinary()))
    looked: list[bytes] = []
    monkeypatch.setattr(Meter, "add", lambda _, piece: looked.append(piece))
    check(path)
    assert looked == []


def test_members_and_what_only_looks_like_one_are_not_decompressed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gzip file of some size holds the first three bytes of a member by chance."""
    looked: list[bytes] = []
    monkeypatch.setattr(Meter, "add", lambda _, piece: looked.append(piece))
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(3 * gzip.compress(ordinary()))
    check(path)
    path.write_bytes(gzip.compress(ordinary() + b"\x1f\x8b\x08" + bytes(range(256)) * 20, compresslevel=0))
    check(path)
    assert looked == []


def test_members_are_found_wherever_a_file_is_cut_to_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bytes] = []
    monkeypatch.setattr(Meter, "add", lambda _, piece: looked.append(piece))
    path, member = tmp_path / "a.ndjson.gz", gzip.compress(ordinary())
    path.write_bytes(3 * member)
    for size in range(len(member) - 15, len(member) + 15):
        monkeypatch.setattr(bounds, "PIECE", size)
        check(path)
    assert looked == []


def test_a_damaged_drop_is_left_to_its_reader(tmp_path: Path) -> None:
    path, whole = tmp_path / "a.ndjson.gz", gzip.compress(ordinary())
    for damaged in (whole[:-100] + bytes(100), whole[:-9], whole[:-4] + b"\xff" * 4, b"no gzip"):
        path.write_bytes(damaged)
        check(path)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and no more")
    check(tmp_path / "b.parquet")


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["x" * 1_000_000])
    for keeps_type in (True, False):
        pq.write_table(pa.table({"event_id": column}), path, store_schema=keeps_type)  # 100 GB in a few kB
        with pytest.raises(DropError, match=r"ADS_DROP_MAX_(BYTES|RATIO)"):
            in_time(lambda: check(path), 2)
    pq.write_table(pa.table({"number": pa.array([1] * 2_000_000)}), path)
    with pytest.raises(DropError, match="more than one for each byte"):
        check(path)
    texts = [f"e{number * 7919 % 1_000_003}" for number in range(300_000)]
    pq.write_table(pa.table({"event_id": texts, "campaign_id": [f"c{number % 97}" for number in range(300_000)]}), path)
    check(path)
    with pytest.raises(DropError, match=r"more than 299,999 lines \(ADS_DROP_MAX_LINES\)"):
        check(path, drop_max_lines=299_999)


def test_a_parquet_column_without_a_name_is_not_left_out_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([["e1"], ["x"]], names=["event_id", ""]), path)
    with pytest.raises(DropError, match="column 2 has no name"):
        check(path)
