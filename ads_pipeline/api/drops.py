"""The landing protocol: drops listed by a cursor and read by ranges. `docs/landing-protocol.md` describes it."""

from collections.abc import Iterator
from email.utils import format_datetime
from itertools import chain, islice
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field
from starlette.convertors import PathConvertor, register_url_convertor

from ads_pipeline.api.access import DropAccess
from ads_pipeline.api.conditions import names_etag
from ads_pipeline.api.keys import Caller
from ads_pipeline.api.problems import NOT_CHANGED, documented
from ads_pipeline.api.ranges import requested_range
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.errors import DropError
from ads_pipeline.landing import Drop, WritableStore

router = APIRouter(tags=["drops"])


class _AnyName(PathConvertor):
    """A path with any character that the name of a file may have, line feeds too."""

    regex = r"[\s\S]*"


register_url_convertor("name", _AnyName())


class ListedDrop(BaseModel):
    """A drop in the listing."""

    name: str = Field(description="Its path in the landing store", examples=["events/dt=2026-11-24/20261124T101500Z-7c1f.ndjson.zst"])
    source: str = Field(description="The source of its lines", examples=["events"])
    size: int = Field(description="Bytes", examples=[48211])
    etag: str = Field(description="Changes whenever the content does; the ETag header without its quotes", examples=["18eae0d66ba6c9ab"])
    landed_at: AwareDatetime = Field(description="When it landed", examples=["2026-11-24T10:15:00.994279Z"])


class DropPage(BaseModel):
    """A page of drops."""

    drops: list[ListedDrop]
    next: str | None = Field(description="The cursor of the next page; null on the last")


@router.get("/v1/drops", summary="List drops", response_model=DropPage, responses=documented(401, 403, 422, 429, 503))
def list_drops(
    request: Request,
    caller: DropAccess,
    after: Annotated[str, Query(max_length=2000, description="`next` of the previous page")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Drops per page")] = 100,
) -> DropPage:
    """List the drops that have landed, ordered by name."""
    store: WritableStore = request.app.state.store
    found = list(islice((drop for drop in store.list(after) if may_read(caller, drop)), limit + 1))
    shown = [
        ListedDrop(name=drop.name, source=drop.source, size=drop.size, etag=_etag(drop), landed_at=drop.landed_at) for drop in found[:limit]
    ]
    return DropPage(drops=shown, next=shown[-1].name if len(found) > limit else None)


def may_read(caller: Caller, drop: Drop) -> bool:
    """Whether a key may read a drop: one that is bound to a source reads the drops of this source only."""
    return not caller.source or drop.source == caller.source


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
    caller: DropAccess,
    name: Annotated[str, Path(max_length=2000, description="The name of a listed drop")],
    wanted: Annotated[
        str | None, Header(alias="Range", description="One range: `bytes=first-last`, `bytes=first-` or `bytes=-last`")
    ] = None,
    if_match: Annotated[str | None, Header(description="Answer 412 unless the drop has this ETag")] = None,
    if_none_match: Annotated[str | None, Header(description="Answer 304 if the drop has this ETag")] = None,
    if_range: Annotated[str | None, Header(description="Send the range only if the drop has this ETag, else all of it")] = None,
) -> Response:
    """Read a drop, or a range of its bytes."""
    store: WritableStore = request.app.state.store
    drop = store.find(name)
    if drop is None or not may_read(caller, drop):
        raise ProblemError(404, f"unknown drop {name!r}: `GET /v1/drops` lists all drops")
    quoted = f'"{_etag(drop)}"'
    headers = {"ETag": quoted, "Accept-Ranges": "bytes", "Last-Modified": format_datetime(drop.landed_at, usegmt=True)}
    if if_match and not names_etag(if_match, quoted, weak=False):
        raise ProblemError(412, f"{name} has changed: its ETag is {quoted}", headers)
    if if_none_match and names_etag(if_none_match, quoted):
        return Response(status_code=304, headers=headers)
    span = requested_range(wanted, drop.size) if wanted and if_range in (None, quoted) else None
    start, end = span or (0, drop.size)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{drop.size}"
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(_started(store, drop, start, end), 206 if span else 200, headers, "application/octet-stream")


def _started(store: WritableStore, drop: Drop, start: int, end: int) -> Iterator[bytes]:
    """The bytes of a drop; the first piece is read now, while an error can still be the answer."""
    pieces = store.read(drop, start, end)
    try:
        first = next(pieces, b"")
    except DropError as error:
        raise ProblemError(412, str(error)) from None
    return chain([first], pieces)
