"""JSON whose records are no lines: what is taken for it, and into which lines it is cut, whatever the pieces."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ads_pipeline.errors import DropError
from ads_pipeline.landing import Format
from ads_pipeline.pipeline.staging.bounds import Meter
from ads_pipeline.pipeline.staging.cutting import Cutter, NotFramedError
from ads_pipeline.pipeline.staging.framing import HEAD, Framing, as_lines, framing_of
from ads_pipeline.settings import load_settings

A, B, C = b'{"a": 1}', b'{"b": {"c": [1, 2]}}', b'{"d": "x,]}\\"\\\\"}'


def lines_of(content: bytes, framing: Framing, size: int = 1 << 20) -> list[bytes]:
    """The records that are cut, the content given in pieces of some bytes."""
    cutter = Cutter(framing.array, framing.or_lines)
    text = b"".join(cutter.cut(content[start : start + size]) for start in range(0, len(content), size))
    cutter.end()
    return [line.strip() for line in text.split(b"\n") if line.strip()]


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b",".join([A, B, C]) + b"]",
        b" \r\n[\n" + b",\n".join([A, B, C]) + b"\n]\n",
        b"\xef\xbb\xbf[" + b" , ".join([A, B, C]) + b"]",
        b"[" + b",".join([A, B]) + b"]\n[" + C + b"]\n",
        A + B + C,
        A + B + b"\n" + C,
        A + b",\n" + B + b",\n" + C,
        b"\n".join(json.dumps(json.loads(one), indent=2).encode() for one in (A, B, C)),
        json.dumps([json.loads(one) for one in (A, B, C)], indent=1).encode(),
    ],
)
def test_records_that_are_no_lines(content: bytes) -> None:
    framing = framing_of(content, is_all=True)
    assert framing
    for size in (1, 2, 3, 1000):
        found = [json.loads(line) for line in lines_of(content.removeprefix(b"\xef\xbb\xbf"), framing, size)]
        assert found == [json.loads(one) for one in (A, B, C)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        A,
        A + b"\n" + B + b"\n",
        b"no json\n" + A,
        A + B + b"\n" + A + b"\n" + B + b" junk\n" + C + b"\n",
        b'{"a": \n' + A + b"\n" + B + b"\n",
        b"[1, 2]\n" + A + b"\n",
        b'[{"a": 1}, \n' + A + b"\n" + B + b"\n" + C + b"\n",
        b"[" + A + b"]\n" + A + b"\n" + B + b"\n",
        b"[1, 2, 3]",
        b'["a"]',
        b"[" * 70_000,
        b'{"a": ' + b"[" * 70_000,
        b"1\n2\n",
    ],
)
def test_records_that_are_lines_or_nothing(content: bytes, tmp_path: Path) -> None:
    framing = framing_of(content, is_all=True)
    if framing:  # it looks so, and is found not to be
        (tmp_path / "a").write_bytes(content)
        meter = Meter(load_settings(), len(content), is_text=True)
        assert as_lines(tmp_path / "a", Format("ndjson", ""), framing, tmp_path / "copy", meter) is None


def test_an_element_that_is_wrong_is_a_line_of_its_own() -> None:
    content = b"[" + b", ".join([A, b'{"a": tru}', b"null", b"5", A + B, b'{"a": "\n"}', A]) + b"]"
    framing = framing_of(content, is_all=True)
    assert framing
    assert lines_of(content, framing) == [A, b'{"a": tru}', b"null", b"5", A + B, b'{"a": "\x1e"}', A]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[" + b",\n".join([A] * 9), "JSON array .* from about record 9 on: it may be torn"),
        (b"[" + b",".join([A] * 9) + b', {"a": "', "JSON array .* record 10"),
        (b"[" + b",".join([A] * 9) + b"]]", "JSON array"),
        (b"[" + b",".join([A] * 9) + b"]" + A, "JSON array"),
        (A * 9 + b'{"a": [1', "JSON objects one behind another .* record 10"),
        (A * 9 + b"}" + A, "JSON objects"),
    ],
)
def test_what_is_torn_fails_as_a_whole(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    framing = framing_of(content, is_all=True) or framing_of(content[:60], is_all=False)
    assert framing
    with pytest.raises(DropError, match=sentence):
        as_lines(tmp_path / "a", Format("ndjson", ""), framing, tmp_path / "copy", Meter(load_settings(), len(content), is_text=True))


def test_a_torn_gzip_of_an_array_fails(tmp_path: Path) -> None:
    content = b"[" + b",".join(b'{"a": %d}' % number for number in range(90_000)) + b"]"
    (tmp_path / "a").write_bytes(gzip.compress(content)[:-2000])
    framing = framing_of(content[:HEAD], is_all=False)
    assert framing
    with pytest.raises(DropError, match="cannot be decompressed"):
        as_lines(tmp_path / "a", Format("ndjson", "gz"), framing, tmp_path / "copy", Meter(load_settings(), 1 << 20, is_text=True))


def test_an_array_without_elements_has_no_records() -> None:
    framing = framing_of(b" [ ]\n", is_all=True)
    assert framing
    assert lines_of(b" [ ]\n", framing) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(
    records=st.lists(st.dictionaries(st.text(), values, max_size=4), min_size=1, max_size=8),
    indent=st.sampled_from([None, 1]),
    array=st.booleans(),
    size=st.integers(1, 40),
)
def test_any_records_in_any_pieces(records: list[dict[str, object]], indent: int | None, array: bool, size: int) -> None:
    texts = [json.dumps(record, indent=indent, ensure_ascii=False) for record in records]
    content = (f"[{', '.join(texts)}]" if array else "".join(texts)).encode()
    for strict in (False, True):
        found = lines_of(content, Framing(array, strict), size)
        assert [json.loads(line) for line in found] == records


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(
    content=st.lists(st.sampled_from([b'"', b"\\", b"{", b"}", b"[", b"]", b",", b"\n", b"a", b" "]), max_size=40).map(b"".join),
    array=st.booleans(),
)
def test_the_pieces_make_no_difference(content: bytes, array: bool) -> None:
    for strict in (False, True):
        outcomes = set[tuple[bytes, ...] | None]()
        for size in (1, 2, 3, 5, 1000):
            try:
                outcomes.add(tuple(lines_of(content, Framing(array, strict), size)))
            except NotFramedError:
                outcomes.add(None)
        assert len(outcomes) == 1
