"""What is called text and is none is known by its first bytes."""

import bz2
import gzip
import io
import lzma
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ads_pipeline.landing import START, kind_of


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("a.csv", "a,b")
    return content.getvalue()


def parquet() -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (archive(), "a ZIP archive"),
        (gzip.compress(b"a,b", mtime=0), "gzip"),
        (bz2.compress(b"a,b"), "bzip2"),
        (lzma.compress(b"a,b"), "xz"),
        (parquet(), "Parquet"),
        (b"%PDF-1.7", "a PDF"),
    ],
    ids=["zip", "gzip", "bzip2", "xz", "parquet", "pdf"],
)
def test_what_is_no_text(content: bytes, kind: str) -> None:
    assert kind_of(content[:START]).startswith(kind)


@pytest.mark.parametrize("text", ["", "a,b", "PAR1,x", "BZh,x", "PK,x", "\ufeffa,b", "{"])
def test_what_may_be_text(text: str) -> None:
    assert kind_of(text.encode()) == kind_of(text.encode("utf-16")) == ""
