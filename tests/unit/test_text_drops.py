"""Text in any encoding becomes UTF-8, without the lines at its top that are passed over, and no byte of it is lost."""

import gzip
from pathlib import Path

import pytest

from ads_pipeline.errors import DropError
from ads_pipeline.landing import Format
from ads_pipeline.pipeline.source_heads import TextFormat
from ads_pipeline.pipeline.staging import text as module
from ads_pipeline.pipeline.staging.text import as_plain, is_plain

TEXT = 'id,näme\r\n1,"Zürich, ☃ 😀"\n2,東京\n' * 50


def plain(tmp_path: Path, content: bytes, text: TextFormat, compression: str = "") -> bytes:
    (tmp_path / "drop").write_bytes(content)
    return as_plain(tmp_path / "drop", Format("csv", compression), text, tmp_path / "copy").read_bytes()


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8", "utf-8-sig", "gb18030"])
def test_text_is_the_same_in_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, piece: int) -> None:
    monkeypatch.setattr(module, "PIECE", piece)
    assert plain(tmp_path, TEXT.encode(encoding), TextFormat(encoding=encoding)) == TEXT.encode()
    assert plain(tmp_path, ("\ufeff\ufeff" + TEXT).encode(encoding), TextFormat(encoding=encoding)) == TEXT.encode()


@pytest.mark.parametrize(
    ("encoding", "content", "kept"),
    [
        ("utf-8", b"a\xff\n\xe2\x82\nb", b"a\xff\n\xe2\x82\nb"),
        ("cp1252", b"a\x81\x80\n", b"a\x81\xe2\x82\xac\n"),
        ("ascii", b"a\xe4\n", b"a\xe4\n"),
        ("utf-16-le", "a\n".encode("utf-16-le") + b"\x0a\xd8" + "b\n".encode("utf-16-le") + b"c", b"a\n\xff\xd8b\n\xff"),
        ("shift_jis", b"a\x81\n", b"a\x81\n"),
    ],
)
def test_what_is_not_valid_is_not_valid_in_utf8_either(tmp_path: Path, encoding: str, content: bytes, kept: bytes) -> None:
    assert plain(tmp_path, content, TextFormat(encoding=encoding)) == kept


@pytest.mark.parametrize("piece", [1, 5, 1 << 20])
@pytest.mark.parametrize(
    ("content", "text", "kept"),
    [
        (b"a\nb\nc\n", TextFormat(skip=1), b"b\nc\n"),
        (b"a\nb\nc\n", TextFormat(skip=3), b""),
        (b"a", TextFormat(skip=3), b""),
        (b"a\n\n \nb\n\nc", TextFormat(skip=1), b"b\n\nc"),
        (b'# "x\n\n#y\nid\n#z\n', TextFormat(comment="#"), b"id\n#z\n"),
        (b"x\n# y\nid\n", TextFormat(skip=1, comment="#"), b"id\n"),
        (b"# y\nid\n", TextFormat(comment="//"), b"# y\nid\n"),
        (b"# only", TextFormat(comment="#"), b""),
        (b"id", TextFormat(comment="#"), b"id"),
        (b"", TextFormat(comment="#"), b""),
        (b"-- a\r\n--b\r\nid\r\n", TextFormat(comment="--"), b"id\r\n"),
    ],
)
def test_lines_at_the_top_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, text: TextFormat, kept: bytes, piece: int
) -> None:
    monkeypatch.setattr(module, "PIECE", piece)
    assert plain(tmp_path, content, text) == kept
    assert not is_plain(text, Format("csv", ""))


@pytest.mark.parametrize("piece", [1, 5, 1 << 20])
@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b'Report\n"1 to 30, 2026"\nDay,Cost\n2026-11-01,1\n', b"Day,Cost\n2026-11-01,1\n"),
        (b'"Time: x"\r\n\r\n"Cost"," day "\r\n1,2\r\n', b'"Cost"," day "\r\n1,2\r\n'),
        (b"Day,Cost\n1,2\n", b"Day,Cost\n1,2\n"),
        (b"Date,Cost\nDay,2\n", b"Date,Cost\nDay,2\n"),
        (b"a,b\n1,2", b"a,b\n1,2"),
        (b"x\nDay", b"Day"),
        (b"", b""),
    ],
)
def test_a_header_is_found_by_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, kept: bytes, piece: int) -> None:
    monkeypatch.setattr(module, "PIECE", piece)
    text = TextFormat(header_with=("Day", "Date"))
    assert plain(tmp_path, content, text) == kept
    assert is_plain(text, Format("ndjson", ""))
    assert not is_plain(text, Format("csv", ""))


def test_a_header_is_looked_for_at_the_top_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOP", 100)
    monkeypatch.setattr(module, "PIECE", 10)
    content = b"a,b\n" * 1000 + b"Day,b\n"
    assert plain(tmp_path, content, TextFormat(header_with=("Day",))) == content


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    packed = gzip.compress(TEXT.encode("utf-16"))
    assert plain(tmp_path, packed, TextFormat(encoding="utf-16"), "gz") == TEXT.encode()
    with pytest.raises(DropError, match="cannot be read as utf-16"):
        plain(tmp_path, packed[:-20], TextFormat(encoding="utf-16"), "gz")


def test_a_line_at_the_top_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 1000)
    monkeypatch.setattr(module, "PIECE", 100)
    with pytest.raises(DropError, match="a line at its top"):
        plain(tmp_path, b"x" * 5000 + b"\na\n", TextFormat(skip=1))
    assert plain(tmp_path, b"x" * 5000 + b"\na\n", TextFormat(encoding="latin-1")) == b"x" * 5000 + b"\na\n"
