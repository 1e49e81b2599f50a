"""What a drop may hold: a few bytes as stored may hold billions. One that holds too much fails alone, before an engine reads it.

Most drops are let through by what their headers claim, which costs nothing: a plain one by its size, gzip and Zstandard by the sizes that
stand in them. What is not claimed, or is much for its size, is decompressed and counted, until it ends or exceeds a bound. A claim alone
refuses nothing: the last bytes of a torn file may claim anything.
"""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ads_pipeline.errors import DropError
from ads_pipeline.landing import DAMAGED, Format, open_drop
from ads_pipeline.landing.zstd import claimed_size
from ads_pipeline.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

TEXTS = ("ndjson", "csv", "tsv")
"""Formats with a line for each record."""

FEW = 16 << 20
"""Bytes that any drop may hold, however few it has."""

ORDINARY = 20
"""Bytes that a byte as stored may hold without being looked at: exports of events hold 5 to 15."""

MEMBER = re.compile(rb"\x1f\x8b\x08(?=[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff])", re.DOTALL)
"""The mark of a member of a gzip file, and its flags, time, way of packing and system behind it: the mark alone is often data."""

MEMBER_SIZE = 10
"""Bytes of that header at least; the last four bytes of a member are how many bytes it holds."""

PIECE = 1 << 20


@dataclass
class Meter:
    """Counts what a drop holds.

    Args:
        stored: bytes of the drop.
        is_text: whether its lines are counted.
    """

    settings: Settings
    stored: int
    is_text: bool
    size: int = 0
    lines: int = 0
    rest: int = 0
    began: float = field(default_factory=time.monotonic)

    def add(self, piece: bytes) -> None:
        """Count a piece of its content.

        Raises:
            DropError: it is too much.
        """
        self.size += len(piece)
        self.check_size(self.size)
        if self.is_text:
            first = piece.find(b"\n")
            self.check_line(self.rest + (first if first >= 0 else len(piece)))
            self.rest = len(piece) - piece.rfind(b"\n") - 1 if first >= 0 else self.rest + len(piece)
            self.lines += piece.count(b"\n")
            self.check_lines(self.lines)
        limit = self.settings.drop_seconds.total_seconds()
        if time.monotonic() - self.began > limit:
            raise DropError(f"it takes more than {limit:g} seconds to decompress (ADS_DROP_SECONDS)")

    def check_size(self, size: int) -> None:
        """See `add`."""
        if size > self.settings.drop_max_bytes:
            raise DropError(f"it holds more than {self.settings.drop_max_bytes:,} bytes (ADS_DROP_MAX_BYTES)")
        if size > max(FEW, self.settings.drop_max_ratio * self.stored):
            raise DropError(f"it holds more than {self.settings.drop_max_ratio} bytes for each of its {self.stored:,} (ADS_DROP_MAX_RATIO)")

    def check_lines(self, lines: int) -> None:
        """See `add`."""
        if lines > self.settings.drop_max_lines:
            raise DropError(f"it holds more than {self.settings.drop_max_lines:,} lines (ADS_DROP_MAX_LINES)")

    def check_line(self, size: int) -> None:
        """See `add`."""
        if size > self.settings.drop_max_line:
            raise DropError(f"a line of it has more than {self.settings.drop_max_line:,} bytes (ADS_DROP_MAX_LINE)")


def check_bounds(path: Path, form: Format, meter: Meter) -> None:
    """Look into a local file as far as its headers leave doubt.

    Raises:
        DropError: it holds more than the settings allow.
    """
    if form.name == "parquet" and not form.compression:
        _check_parquet(path, meter)
    claimed = _claimed(path, form, meter.stored)
    if not form.compression:
        meter.check_size(meter.stored)
    is_ordinary = claimed is not None and claimed <= min(max(ORDINARY * meter.stored, PIECE), meter.settings.drop_max_bytes)
    if is_ordinary and not (meter.is_text and _may_have_a_long_line(path, form, meter)):
        return
    try:
        for piece in _pieces(path, form):
            meter.add(piece)
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        return  # damaged: whoever reads it reports that


def _pieces(path: Path, form: Format) -> Iterator[bytes]:
    with open_drop(path, form) as file:
        while piece := file.read(PIECE):
            yield piece


def _claimed(path: Path, form: Format, stored: int) -> int | None:
    """The bytes that a file holds by its own account; None if it does not say. A reader finds out, in the end, that this is wrong."""
    if not form.compression or not stored:
        return stored
    if form.compression == "zst":
        return claimed_size(path)
    if form.compression != "gz":
        return None
    with path.open("rb") as file:
        ends = [*_later_members(file), stored]
        sizes = [_size_before(file, end) for end in ends]
    lengths = [end - begin for begin, end in pairwise([0, *ends])]
    # a size counts to 4 GiB, and begins anew
    return sum(sizes) if all(size >= length // 2 for size, length in zip(sizes, lengths, strict=True)) else None


def _later_members(file: BufferedReader) -> Iterator[int]:
    """Where members of a gzip file after the first seem to begin, by all that their headers say."""
    content = bytearray(PIECE)  # one for all pieces: a new one for each takes as long as the search
    start = held = 0
    while added := file.readinto(memoryview(content)[held:]):
        end = held + added
        for found in MEMBER.finditer(content, 1, end):
            yield start + found.start()
        # what a member may begin in is looked at with what follows; its first byte was, or is the drop's
        held = min(MEMBER_SIZE, end)
        content[:held] = content[end - held : end]
        start += end - held


def _size_before(file: BinaryIO, end: int) -> int:
    """The size that stands at the end of a member of a gzip file."""
    file.seek(max(0, end - 4))
    return int.from_bytes(file.read(min(4, end)), "little")


def _may_have_a_long_line(path: Path, form: Format, meter: Meter) -> bool:
    """Whether a line may be too long: an engine would hold it in memory. Of a compressed drop the first piece is looked at only."""
    if not form.compression:
        return meter.stored > meter.settings.drop_max_line
    try:
        first = next(_pieces(path, form), b"")
    except (*DAMAGED, OSError):
        return False  # whoever reads it reports that
    return len(first) == PIECE and b"\n" not in first


def _check_parquet(path: Path, meter: Meter) -> None:
    """By its footer, and by a sample of each row group: a dictionary may hold one long value for a million rows."""
    import pyarrow as pa  # not needed for other formats
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as plain:
            footer = plain.metadata
            names = plain.schema_arrow.names
            texts = [field.name for field in plain.schema_arrow if _is_text(field.type)]
        check_names(names)
        meter.check_lines(footer.num_rows)
        if footer.num_rows > max(1_000_000, meter.stored):
            raise DropError(f"it holds {footer.num_rows:,} rows in {meter.stored:,} bytes: more than one for each byte")
        size = sum(footer.row_group(number).total_byte_size for number in range(footer.num_row_groups))
        meter.check_size(size)
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            for number in range(footer.num_row_groups if texts else 0):
                batch = next(file.iter_batches(1000, row_groups=[number], columns=texts), None)
                columns = [] if batch is None else [column for column in batch.columns if pa.types.is_dictionary(column.type)]
                held = sum(pc.sum(pc.take(pc.binary_length(column.dictionary), column.indices)).as_py() or 0 for column in columns)
                size += held * footer.row_group(number).num_rows // max(1, batch.num_rows if batch else 0)
        meter.check_size(size)
    except (pa.ArrowException, OSError, KeyError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        return  # damaged: whoever reads it reports that


def check_names(names: Sequence[str]) -> None:
    """See that each column has a name: an engine leaves one without a name out, and says nothing.

    Raises:
        DropError: one has none.
    """
    if "" in names:
        raise DropError(f"its column {names.index('') + 1} has no name, and would be left out: give it one")


def _is_text(kind: "pa.DataType") -> bool:
    from pyarrow import types

    value = kind.value_type if types.is_dictionary(kind) else kind
    return any(test(value) for test in (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary))
