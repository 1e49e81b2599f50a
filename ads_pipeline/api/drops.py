"""The landing protocol: drops listed by a cursor and read by ranges. `docs/landing-protocol.md` describes it."""

import re
from collections.abc import Iterator
from email.utils import format_datetime
from itertools import chain, islice
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field
from starlette.convertors import PathConvertor, register_url_convertor

from ads_pipeline.api.access import DropReader
from ads_pipeline.api.conditions import names_etag
from ads_pipeline.api.problems import NOT_CHANGED, ProblemError, documented
from ads_pipeline.errors import DropError
from ads_pipeline.landing import Drop, WritableStore

router = APIRouter(tags=["drops"])

_RANGE = re.compile(r"bytes=([0-9]{0,30})-([0-9]{0,30})")


class _AnyName(PathConvertor):
    """A path with whatever characters a file's name may have, line feeds too."""

    regex = r"[\s\S]*"


register_url_convertor("name", _AnyName())


class ListedDrop(BaseModel):
    """A drop as the listing has it."""

    name: str = Field(description="Its path in the landing store", examples=["events/dt=2026-11-24/20261124T101500Z-7c1f.ndjson.zst"])
    source: str = Field(description="Whose lines it holds", examples=["events"])
    size: int = Field(description="Bytes", examples=[48211])
    etag: str = Field(description="Changes whenever the content does; the ETag header without its quotes", examples=["18eae0d66ba6c9ab"])
    landed_at: AwareDatetime = Field(description="When it landed", examples=["2026-11-24T10:15:00.994279Z"])


class Listing(BaseModel):
    """A page of drops."""

    drops: list[ListedDrop]
    next: str | None = Field(description="The cursor of the next page; null on the last")


@router.get("/v1/drops", summary="List drops", response_model=Listing, responses=documented(401, 403, 422, 429, 503))
def list_drops(
    request: Request,
    client: DropReader,
    after: Annotated[str, Query(max_length=2000, description="The `next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Drops of a page")] = 100,
) -> Listing:
    """List the drops that have landed, in the order of their names."""
    del client
    store: WritableStore = request.app.state.store
    found = list(islice(store.list(after), limit + 1))
    shown = [
        ListedDrop(name=drop.name, source=drop.source, size=drop.size, etag=_etag(drop), landed_at=drop.landed_at) for drop in found[:limit]
    ]
    return Listing(drops=shown, next=shown[-1].name if len(found) > limit else None)


def _etag(drop: Drop) -> str:
    return drop.etag.strip('"')


BYTES = {
    "description": "The bytes of the drop",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@router.get(
    "/v1/drops/{name:name}",
    summary="Read a drop",
    response_class=StreamingResponse,
    responses=NOT_CHANGED | {200: BYTES, 206: BYTES} | documented(401, 403, 404, 412, 416, 422, 429, 503),
)
def read_drop(
    request: Request,
    client: DropReader,
    name: Annotated[str, Path(max_length=2000, description="The name of a listed drop")],
    wanted: Annotated[
        str | None, Header(alias="Range", description="One range: `bytes=first-last`, `bytes=first-` or `bytes=-last`")
    ] = None,
    if_match: Annotated[str | None, Header(description="Answer only when the drop has this ETag")] = None,
    if_none_match: Annotated[str | None, Header(description="Answer 304 when the drop has this ETag")] = None,
    if_range: Annotated[str | None, Header(description="Take the range only when the drop has this ETag")] = None,
) -> Response:
    """Read a drop, or a range of its bytes."""
    del client
    store: WritableStore = request.app.state.store
    drop = store.find(name)
    if drop is None:
        raise ProblemError(404, f"there is no drop {name!r}: `GET /v1/drops` lists those there are")
    quoted = f'"{_etag(drop)}"'
    headers = {"ETag": quoted, "Accept-Ranges": "bytes", "Last-Modified": format_datetime(drop.landed_at, usegmt=True)}
    if if_match and not names_etag(if_match, quoted, weak=False):
        raise ProblemError(412, f"{name} has changed: its ETag is {quoted}", headers)
    if if_none_match and names_etag(if_none_match, quoted):
        return Response(status_code=304, headers=headers)
    span = _span(wanted, drop.size) if wanted and if_range in (None, quoted) else None
    start, end = span or (0, drop.size)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{drop.size}"
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(_begun(store, drop, start, end), 206 if span else 200, headers, "application/octet-stream")


def _span(header: str, size: int) -> tuple[int, int] | None:
    """The range asked for as start and end; None for a form that may be passed over (RFC 9110, 14.2)."""
    found = _RANGE.fullmatch(header.strip())
    if not found or found.group(1, 2) == ("", ""):
        return None
    if found[1]:
        start, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    else:
        start, end = max(0, size - int(found[2])), size
    if start >= end:
        raise ProblemError(416, f"the drop has {size} bytes, and the range begins behind them", {"Content-Range": f"bytes */{size}"})
    return start, end


def _begun(store: WritableStore, drop: Drop, start: int, end: int) -> Iterator[bytes]:
    """The drop's bytes, the first of them read now, while an error can still be answered."""
    pieces = store.read(drop, start, end)
    try:
        first = next(pieces, b"")
    except DropError as error:
        raise ProblemError(412, str(error)) from None
    return chain([first], pieces)
