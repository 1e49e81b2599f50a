"""How drops of each format are read, by each way in: the parts of an insert into the tables of a batch."""

from dataclasses import dataclass
from typing import Literal

from ads_pipeline.pipeline.staging.items import COMMAS, Cells
from ads_pipeline.warehouse.statements import NOTHING, Name, Sql, statement

Way = Literal["files", "alone", "together", "body", "bucket"]
"""Local files that the engine reads in place, one of them, or a copy of several (see `together`), the body of the insert, or an object
that a server reads itself."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Drops of one format by one way in.

    Args:
        kind: see `Item.kind`.
        collection: the named collection of the bucket.
        wide: whether lines may be so long, by many columns or otherwise, that fewer rows are held at a time.
        short: whether NDJSON lines are so short that thousands are held at a time, whatever their bytes.
        cells: how those of a CSV stand in its text.
    """

    kind: str
    way: Way
    collection: Name | Sql = NOTHING
    wide: bool = False
    short: bool = False
    cells: Cells = COMMAS

    @property
    def lines(self) -> Sql:
        """A SELECT of drop_no, line_number, line."""
        ways = {way: self.way == way for way in ("files", "alone", "together", "body")}
        return statement("ingest/lines", collection=self.collection, **self._kinds("ndjson", "csv", "parquet", "avro", "arrow"), **ways)

    @property
    def settings(self) -> Sql:
        """The settings under which the lines are read."""
        one_stream = self.way in ("alone", "bucket")
        kinds = self._kinds("ndjson", "csv", "parquet", "avro")
        cells = self.cells
        return statement(
            "ingest/reading",
            bucket=self.way == "bucket",
            files=self.way in ("files", "alone", "together"),
            one_stream=one_stream,
            wide=self.wide,
            short=self.short,
            delimiter=Sql(f"{ord(cells.delimiter):02x}"),
            spaces=cells.delimiter.isspace(),
            double=int(cells.quote == '"'),
            single=int(cells.quote == "'"),
            header=int(cells.header),
            **kinds,
        )

    @property
    def body(self) -> Sql:
        """The format of the body that is sent along, if there is one."""
        if self.way != "body":
            return NOTHING
        return statement("ingest/body", **self._kinds("ndjson", "csv", "avro"))

    def _kinds(self, *kinds: str) -> dict[str, bool]:
        return {kind: self.kind == kind for kind in kinds}


PLAIN_LINES = Reading("ndjson", "body")
"""Lines that lie in a table of the engine: their settings are those of NDJSON."""

WAITING_LINES = Reading("ndjson", "body", wide=True)
"""Lines that an insert has put aside: they may be long, so few are held at a time."""
