"""Zero bytes behind the end of a gzip file."""

import gzip
from pathlib import Path

import pytest

from ads_pipeline.landing import padding, without_padding

WHOLE = gzip.compress(b"a" * 100_000) + gzip.compress(b"") + gzip.compress(b"b" * 70)


@pytest.mark.parametrize("piece", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("zeros", [2, 3, 7, 15, 16, 17, 1024, 100_000])
def test_padding_is_left_out(zeros: int, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(padding, "PIECE", piece)
    path = tmp_path / "a.gz"
    path.write_bytes(WHOLE + bytes(zeros))
    assert without_padding(path, tmp_path / "copy").read_bytes() == WHOLE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        WHOLE,
        WHOLE + b"junk",
        WHOLE + b"junk" + bytes(99),
        WHOLE[:-9] + bytes(99),
        bytes(99),
        WHOLE + bytes(9) + WHOLE,
        gzip.compress(b"", mtime=0),
    ],
)
def test_any_other_file_is_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    assert without_padding(path, tmp_path / "copy") == path
    assert not (tmp_path / "copy").exists()
