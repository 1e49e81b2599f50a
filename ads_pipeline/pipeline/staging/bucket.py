"""Large drops that the server fetches itself from the landing bucket, by a named collection of its own.

The collection holds the bucket's URL and its credentials, or none for the server's own role: neither passes through here.
"""

import re
import zlib
from collections.abc import Iterable
from typing import cast
from urllib.parse import quote

from ads_pipeline.errors import DropError, EngineError, NotFetchedError
from ads_pipeline.landing import Drop, LandingStore, WritableStore
from ads_pipeline.pipeline.staging.formats import Reading
from ads_pipeline.pipeline.staging.framing import HEAD, LONG_HEAD, framing_of
from ads_pipeline.pipeline.staging.items import LARGE, Item, reason_of
from ads_pipeline.pipeline.staging.table import Staging
from ads_pipeline.pipeline.staging.uniform import LineForm, form_of_lines
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.error_codes import BAD_ARGUMENTS, S3
from ads_pipeline.warehouse.statements import Name, statement

FORMS = (("ndjson", ""), ("ndjson", "gz"), ("parquet", ""))
"""Formats that the server reads. Not Zstandard: a truncated stream looks like a shorter one to it. Not CSV: its header is needed first."""

ANOTHER = "named collection has another object of this name"
"""What `sql/ingest/lines.sql` throws if the etag differs."""

PATTERNS = re.compile(r"[*?{}\[\]]|::")
"""What the server would take for a pattern rather than a name."""


def reads_itself(staging: Staging, drop: Drop) -> bool:
    """Whether the server reads a drop itself, so that it is not fetched here."""
    settings = staging.settings
    return (
        not staging.warehouse.connection.reads_files
        and bool(settings.s3_collection)
        and settings.landing.startswith("s3://")
        and drop.size >= LARGE
        and (drop.format.name, drop.format.compression) in FORMS
        and (drop.format.name == "parquet" or staging.reads_plain(drop.source))
        and not PATTERNS.search(drop.name)
    )


def line_forms(staging: Staging, store: LandingStore, drops: Iterable[Drop]) -> dict[str, LineForm | None]:
    """The form of the lines of each drop that the server reads itself, by name: a drop that has other JSON than lines is none of them."""
    forms = dict[str, LineForm | None]()
    for drop in drops:
        if reads_itself(staging, drop):
            head = _head(store, drop) if drop.format.name == "ndjson" else b""
            if framing_of(head, is_all=False) is None:
                forms[drop.name] = form_of_lines(head)
    return forms


def _head(store: LandingStore, drop: Drop) -> bytes:
    """The first bytes of what a drop holds; none if they cannot be read: whoever reads the drop reports that."""
    try:
        head = b"".join(cast(WritableStore, store).read(drop, 0, min(drop.size, HEAD)))
        return zlib.decompressobj(47).decompress(head, LONG_HEAD) if drop.format.compression else head
    except (DropError, zlib.error):
        return b""


def stage(staging: Staging, item: Item, parser: Connection) -> None:
    """Stage a drop from the bucket.

    Raises:
        EngineError, DropError: the drop cannot be read, for its content.
    """
    drop, collection = item.entry.drop, staging.settings.s3_collection
    reading = Reading(item.kind, "bucket", Name(collection), short=item.has_short_lines)
    try:
        staging.judge(
            drop.source,
            [item],
            statement("ingest/lines_for_all", lines=reading.lines),
            reading.settings,
            via=parser,
            drop_no=item.number,
            key=quote(drop.name),  # the server takes it for a part of a URL
            etag=drop.etag if drop.etag.startswith('"') else "",
            compression="gzip" if drop.format.compression else "none",
        )
    except EngineError as error:
        if error.code == BAD_ARGUMENTS and item.kind == "parquet":  # a type that it does not know, such as a time zone `+02:00`
            raise DropError(reason_of(error)) from error
        if ANOTHER in str(error):
            staging.refuse(drop.name, NotFetchedError(f"the {ANOTHER}; the next ingest tries again"))
            return
        if error.code != S3:
            raise
        staging.refuse(drop.name, _not_read(drop.name, collection, error))


def _not_read(name: str, collection: str, error: EngineError) -> NotFetchedError:
    found = re.search(r"HTTP response code: (\d{3})\b", str(error))
    status = found[1] if found else ""
    problems = {"403": "may not be read", "404": "was not found"}
    problem = problems.get(status) or f"could not be read ({reason_of(error, remedy='')})"
    return NotFetchedError(f"{name} {problem} by the server with its named collection {collection}; the next ingest tries again")
