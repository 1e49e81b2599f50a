"""`POST /v1/events`: events are judged by the contract, and on disk before they are acknowledged."""

import asyncio
import hashlib
import json
from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from ads_pipeline.api import metrics
from ads_pipeline.api.access import WriteAccess
from ads_pipeline.api.body import JSON, NDJSON, lines_of, read_body
from ads_pipeline.api.problems import ProblemError, documented
from ads_pipeline.contract import Window
from ads_pipeline.contract.judging import plain_lines, refusals
from ads_pipeline.days import first_kept_day, utc_now
from ads_pipeline.inbox.committer import Committer, Submission
from ads_pipeline.inbox.receipts import key_digest
from ads_pipeline.settings import Settings

LARGE = 1 << 18
"""Bytes above which a body is judged in a thread, so that other requests go on."""

router = APIRouter(tags=["events"])


class Rejected(BaseModel):
    """An event that the contract rejects."""

    index: int = Field(description="Its index in the array, or its line, from 0", examples=[1])
    reasons: list[str] = Field(description="Reason codes, as in the quarantine", examples=[["invalid:cost", "missing:campaign_id"]])


class Receipt(BaseModel):
    """The result of a request. The accepted events are on disk."""

    accepted: int = Field(description="Events accepted", examples=[1])
    rejected: list[Rejected]


def _body_schema() -> dict[str, Any]:
    event = {"$ref": "#/components/schemas/Event"}
    return {
        "required": True,
        "description": "One event, an array of events, or one event per line; plain, gzip or zstd",
        "content": {
            JSON: {"schema": {"oneOf": [event, {"type": "array", "items": event, "minItems": 1}]}},
            NDJSON: {"schema": {"type": "string"}},
        },
    }


def set_examples(document: dict[str, Any]) -> None:
    """Put examples that the contract accepts now into an OpenAPI document."""
    time = utc_now().replace(microsecond=250_000).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = {
        "event_id": "e-1027",
        "event_time": time,
        "event_type": "impression",
        "campaign_id": "c001",
        "publisher_id": "p48",
        "country": "DE",
        "device": "mobile",
        "cost": 0.003796,
    }
    content = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    content[JSON]["examples"] = {"one": {"value": event}, "more": {"value": [event]}}
    content[NDJSON]["example"] = "".join(json.dumps(event | {"event_id": name}) + "\n" for name in ("e-1027", "e-1028"))
    document["components"]["schemas"]["Event"]["properties"]["event_time"]["examples"] = [time]


REFUSED = documented(422)[422] | {
    "description": "No event is valid (`rejected` has the reasons), or a parameter is invalid; refused events are quarantined all the same"
}


@router.post(
    "/v1/events",
    summary="Add events",
    status_code=202,
    response_model=Receipt,
    responses=documented(400, 401, 403, 408, 413, 415, 429, 507) | {422: REFUSED},
    openapi_extra={"requestBody": _body_schema()},
)
async def add_events(
    request: Request,
    caller: WriteAccess,
    on_error: Annotated[
        Literal["reject", "quarantine"],
        Query(description="`quarantine` stores refused events too, for quarantine; `reject` refuses the whole request if one is refused"),
    ] = "quarantine",
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=255, description="The same key and body again within a day adds nothing and gets the same answer"),
    ] = None,
    content_encoding: Annotated[str | None, Header(description="`gzip` or `zstd`")] = None,
) -> Response:
    """Add events. When the answer arrives, the accepted ones are on disk.

    An event is identified by its day and `event_id`: sent again it counts once, and sent with other content it is corrected.
    """
    del content_encoding  # `read_body` reads it
    settings: Settings = request.app.state.settings
    body = await read_body(request, settings.api_max_body)
    content_type = request.headers.get("content-type", "")
    look = body, content_type, settings
    lines, events, refused = await run_in_threadpool(_judged, *look) if len(body) > LARGE else _judged(*look)
    answer = _answer(events, refused, on_error)
    if not events or (on_error == "reject" and refused):
        _count(0, refused)
        return _response(request, answer)
    key = key_digest(caller.name, idempotency_key) if idempotency_key else ""
    digest = hashlib.sha256(f"{on_error} {content_type}\n".encode() + body).hexdigest() if key else ""
    receipt = await _store(request.app.state.committer, Submission(lines, answer, key, digest))
    if receipt["digest"] != digest:
        raise ProblemError(422, "this Idempotency-Key was used with another body: use a new key for each request")
    if receipt["answer"] is answer:  # else it is the answer to the first request with this key
        metrics.BYTES.inc(len(body))
        _count(events - len(refused), refused)
    return _response(request, receipt["answer"])


def _judged(body: bytes, content_type: str, settings: Settings) -> tuple[bytes, int, dict[int, tuple[str, ...]]]:
    """The events of a body as lines, their number, and the reasons of those that are refused, by index."""
    window, most = _window(settings), settings.api_max_events
    if content_type == JSON and (found := plain_lines(body, window, most)):
        return *found, {}
    lines = lines_of(body, content_type, most)
    return b"\n".join(lines) + b"\n", sum(1 for line in lines if line.strip()), refusals(lines, window)


def _window(settings: Settings) -> Window:
    now = utc_now()
    return Window(first_kept_day(settings.retention_days, settings.timezone, now), now + settings.max_future, settings.timezone)


def _answer(events: int, refused: dict[int, tuple[str, ...]], on_error: str) -> dict[str, Any]:
    """Status and body of the answer."""
    accepted = events - len(refused)
    rejected = [{"index": index, "reasons": list(reasons)} for index, reasons in refused.items()]
    if accepted == 0 or (on_error == "reject" and refused):
        detail = "the body has no events" if not events else f"{len(refused)} of {events} events are refused; `rejected` has the reasons"
        return {"status": 422, "detail": detail, "rejected": rejected}
    return {"status": 202, "accepted": accepted, "rejected": rejected}


def _count(accepted: int, refused: dict[int, tuple[str, ...]]) -> None:
    metrics.ACCEPTED.inc(accepted)
    for reason, count in Counter(reasons[0] for reasons in refused.values()).items():
        metrics.REJECTED.labels(reason).inc(count)


async def _store(committer: Committer, submission: Submission) -> dict[str, Any]:
    try:
        return await asyncio.wrap_future(committer.commit(submission))
    except OSError as error:
        raise ProblemError(
            507, f"the events could not be written to disk ({error.strerror}); no event of this request is stored", {"Retry-After": "30"}
        ) from error


def _response(request: Request, answer: dict[str, Any]) -> Response:
    if answer["status"] == 422:
        raise ProblemError(422, answer["detail"], rejected=answer["rejected"])
    content = json.dumps({"accepted": answer["accepted"], "rejected": answer["rejected"]})
    return Response(content, answer["status"], media_type=JSON)
