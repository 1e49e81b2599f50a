"""Columns in the types in which they are sent."""

from uuid import UUID

import pyarrow as pa
import pytest

from ads_pipeline.pipeline.staging.avro import structure_of_avro
from ads_pipeline.pipeline.staging.sent_types import sent, sent_type

IDS = pa.ExtensionArray.from_storage(
    pa.uuid(), pa.array([None if place % 3 == 1 else UUID(int=place).bytes for place in range(9)], pa.binary(16))
)


@pytest.mark.parametrize("start", range(10))
@pytest.mark.parametrize("length", range(4))
def test_a_slice_of_ids(start: int, length: int) -> None:
    text = sent(IDS.slice(start, length), pa.string())
    text.validate(full=True)
    places = range(9)[start : start + length]
    assert text.to_pylist() == [None if place % 3 == 1 else str(UUID(int=place)) for place in places]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([{"a": 1}, None, {"a": 2}]),
        pa.array([[1], None, [2, 3]]),
        pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2)),
        pa.array([[("k", 1)], None, [("l", None)]], pa.map_(pa.string(), pa.int64())),
        pa.array(["x", None, "y"]).dictionary_encode(),
    ],
    ids=str,
)
def test_slices_of_nested_columns(column: pa.Array) -> None:
    kind = sent_type(column.type)
    whole = sent(column, kind).to_pylist()
    for start in range(4):
        for length in range(4):
            part = sent(column.slice(start, length), kind)
            part.validate(full=True)
            assert part.type == kind
            assert part.to_pylist() == whole[start : start + length]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("Int32", "Int32"),
        ("Nothing", "Nullable(String)"),
        ("Nullable(Tuple(\n    a Int32))", "Tuple(a Nullable(Int32))"),
        ("Tuple(`c, (` Decimal(9, 2), b Array(Tuple(k Int8)))", "Tuple(`c, (` Nullable(Decimal(9, 2)), b Array(Tuple(k Nullable(Int8))))"),
        (r"Tuple(e Enum8('A, (' = 0, 'B\'' = 1))", r"Tuple(e Nullable(Enum8('A, (' = 0, 'B\'' = 1)))"),
        ("Map(String, Tuple(a Variant(Int32, String)))", "Map(String, Tuple(a Variant(Int32, String)))"),
    ],
)
def test_fields_of_records_of_avro_may_be_null(kind: str, wanted: str) -> None:
    assert structure_of_avro([{"name": "v", "type": kind}]) == f"`v` {wanted}"
