"""What is a drop, and what a folder store makes of odd files."""

import logging
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ads_pipeline.errors import DropError, GoneError, LandingError
from ads_pipeline.landing import FolderStore, Format, format_of, is_whole_zstd, open_store
from ads_pipeline.landing.drops import is_hidden, landed_day_of, source_of
from ads_pipeline.settings import load_settings
from tests.compression import zstd

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.ndjson", Format("ndjson", "")),
        ("a.jsonl.gz", Format("ndjson", "gz")),
        ("a.JSON.ZST", Format("ndjson", "zst")),
        ("a.csv.gz", Format("csv", "gz")),
        ("a.parquet", Format("parquet", "")),
        ("a.Tsv.xz", Format("tsv", "xz")),
        ("a.avro", Format("avro", "")),
        ("a.ORC.bz2", Format("orc", "bz2")),
        ("a.arrow", Format("arrow", "")),
        ("a.feather", Format("arrow", "")),
        ("a.txt", None),
        ("a.gz", None),
        ("ndjson", None),
    ],
)
def test_formats(name: str, form: Format | None) -> None:
    assert format_of(name) == form


@pytest.mark.parametrize("name", [".a.ndjson", "_a.ndjson", "a/_b/c.ndjson", "a.ndjson.tmp", "a.part", ".x/a.ndjson"])
def test_what_is_no_drop_yet(name: str) -> None:
    assert is_hidden(name)


def test_source_and_landed_day_come_from_the_path() -> None:
    assert [source_of(name) for name in ("a.csv", "x/a.csv", "dt=2026-11-01/a.csv", "x/dt=2026-11-01/a.csv")] == [
        "events",
        "x",
        "events",
        "x",
    ]
    assert landed_day_of("x/dt=2026-10-30/a.csv", NOON) == date(2026, 10, 30)
    assert landed_day_of("x/dt=2026-10-99/a.csv", NOON) == date(2026, 11, 1)
    assert landed_day_of("dt=2026-10-30.csv", NOON) == date(2026, 11, 1)


def test_a_folder_lists_drops_and_tells_of_the_rest(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    odd = "a, {b} [c]*?\n'\"`é.ndjson"
    for name in ("events/a.ndjson", "_x.ndjson", "b.csv.tmp", "notes.txt", odd, "\udcff.ndjson"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    with caplog.at_level(logging.WARNING):
        drops = list(FolderStore(tmp_path).list())
    assert sorted(drop.name for drop in drops) == sorted(["events/a.ndjson", "notes.txt", odd])
    assert "1 files are passed over, for example '\\udcff.ndjson'" in caplog.text


def test_an_etag_changes_with_the_content(tmp_path: Path) -> None:
    path, store = tmp_path / "a.ndjson", FolderStore(tmp_path)
    path.write_text("{}")
    os.utime(path, (1, 1))
    (before,) = store.list()
    assert store.is_current(before)
    path.write_text("{ }")
    os.utime(path, (1, 1))
    assert not store.is_current(before)


def test_what_cannot_be_read_is_an_error_of_that_drop(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text("{}")
    store = FolderStore(tmp_path)
    (drop,) = store.list()
    (tmp_path / "a.ndjson").unlink()
    assert store.is_gone(drop)
    assert isinstance(store.fetch([drop], tmp_path)[drop.name], GoneError)
    (tmp_path / "a.ndjson").mkdir()
    found = store.fetch([drop], tmp_path)[drop.name]
    assert (type(found), store.is_gone(drop)) == (DropError, False)
    assert "`ads drops retry`" in str(found)


def test_a_folder_that_is_not_there_is_an_error_of_the_store(tmp_path: Path) -> None:
    store = open_store(load_settings(landing_url=str(tmp_path / "none")))
    with pytest.raises(LandingError, match=r"none does not exist: create it, or set ADS_LANDING_URL"):
        list(store.list())


def test_a_folder_that_has_gone_is_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "drop").write_text("{}\n")
    with pytest.raises(LandingError, match="does not exist"):
        FolderStore(tmp_path / "mount").put("events/a.ndjson", tmp_path / "drop")
    assert not (tmp_path / "mount").exists()


def test_what_stands_in_the_way_of_a_drop_is_told(tmp_path: Path) -> None:
    (tmp_path / "drop").write_text("{}\n")
    (tmp_path / "events").write_text("a file")
    with pytest.raises(LandingError, match=r"events/a\.ndjson cannot be landed"):
        FolderStore(tmp_path).put("events/a.ndjson", tmp_path / "drop")


def test_what_a_killed_process_left_of_a_drop_goes_when_it_lands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class KilledError(Exception):
        pass

    def kill(*_: object) -> None:
        raise KilledError

    (tmp_path / "drop").write_text("{}\n")
    monkeypatch.setattr(os, "fsync", kill)
    with pytest.raises(KilledError):
        FolderStore(tmp_path).put("events/a.ndjson", tmp_path / "drop")
    monkeypatch.undo()
    assert [path.name for path in (tmp_path / "events").iterdir()] != []
    monkeypatch.setattr(os, "getpid", lambda: -1)
    FolderStore(tmp_path).put("events/a.ndjson", tmp_path / "drop")
    assert [path.name for path in (tmp_path / "events").iterdir()] == ["a.ndjson"]


@pytest.mark.parametrize("options", [{}, {zstd.CompressionParameter.checksum_flag: 1}, {zstd.CompressionParameter.content_size_flag: 0}])
def test_a_truncated_zstd_file_is_told_from_a_whole_one(options: dict[int, int], tmp_path: Path) -> None:
    path = tmp_path / "a.zst"
    one = zstd.compress(os.urandom(300_000) + bytes(200_000), options=options)
    for whole in (b"", one, one + one, one + b"\x50\x2a\x4d\x18\x02\x00\x00\x00xx" + one):
        path.write_bytes(whole)
        assert is_whole_zstd(path)
    for broken in (one[:-1], one[:-5], one[:200_000], one[:3], one + b"x", b"no zstandard", one + one[: len(one) // 2]):
        path.write_bytes(broken)
        assert not is_whole_zstd(path)


@pytest.mark.parametrize("level", [1, 19])
@pytest.mark.parametrize("content", [b"", b"x", b"ab" * 40_000, os.urandom(70_000)], ids=["empty", "one", "even", "random"])
def test_a_zstd_file_is_whole_where_the_library_says_that_its_frames_end(content: bytes, level: int, tmp_path: Path) -> None:
    path, whole = tmp_path / "a.zst", zstd.compress(content, level)
    assert zstd.get_frame_size(whole) == len(whole)
    for end in {*range(1, min(len(whole), 40)), *range(max(1, len(whole) - 20), len(whole) + 1), len(whole) // 2 or 1}:
        path.write_bytes(whole[:end])
        assert is_whole_zstd(path) == (end == len(whole)), end
