"""`POST /v1/events`: events are judged by the contract, and on disk before they are acknowledged."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from ads_pipeline.api import metrics
from ads_pipeline.api.access import admit
from ads_pipeline.api.body import Memory, encoding_of, read_body
from ads_pipeline.api.event_options import PARAMETERS, options_of
from ads_pipeline.api.forms import JSON, NDJSON, TEXT
from ads_pipeline.api.judge import Judge
from ads_pipeline.api.judgement import NAMED, Judgement, Work, judge_at_once
from ads_pipeline.api.keys import Caller
from ads_pipeline.api.problems import documented
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.days import first_kept_day, utc_now
from ads_pipeline.inbox.committer import Committer, Submission
from ads_pipeline.inbox.origin import Origin
from ads_pipeline.inbox.receipts import key_digest
from ads_pipeline.landing import DEFAULT_SOURCE
from ads_pipeline.settings import Settings

JUDGE_SECONDS = 20.0
"""Processor time that a body may take to be judged."""

router = APIRouter(tags=["events"])


class Rejected(BaseModel):
    """An event that the contract rejects."""

    index: int = Field(description="Its index in the array, or its line, from 0", examples=[1])
    reasons: list[str] = Field(description="Reason codes, as in the quarantine", examples=[["invalid:cost", "missing:campaign_id"]])


class Receipt(BaseModel):
    """The result of a request. The accepted events are on disk."""

    accepted: int = Field(description="Events accepted", examples=[1])
    rejected: list[Rejected] = Field(description=f"Events rejected, at most {NAMED}")
    also_rejected: int = Field(0, description="How many more are rejected; absent if none is", examples=[0])


def _body_schema() -> dict[str, Any]:
    event = {"$ref": "#/components/schemas/Event"}
    return {
        "required": True,
        "description": "One event, an array of events, or one event per line; plain, gzip or zstd",
        "content": {
            JSON: {"schema": {"oneOf": [event, {"type": "array", "items": event, "minItems": 1}]}},
            NDJSON: {"schema": {"type": "string"}},
            TEXT: {"schema": {"type": "string", "description": "The same, as browsers send it by `navigator.sendBeacon`"}},
        },
    }


def present_moment() -> str:
    """Now, as an event time."""
    return utc_now().replace(microsecond=250_000).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def set_examples(document: dict[str, Any], time: str, event_types: Sequence[str]) -> None:
    """Put examples with an event time into an OpenAPI document, and the event types that are accepted."""
    event = {
        "event_id": "e-1027",
        "event_time": time,
        "event_type": event_types[0],
        "campaign_id": "c001",
        "publisher_id": "p48",
        "country": "DE",
        "device": "mobile",
        "cost": 0.003796,
    }
    content = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    content[JSON]["examples"] = {"one": {"value": event}, "more": {"value": [event]}}
    content[NDJSON]["example"] = "".join(json.dumps(event | {"event_id": name}) + "\n" for name in ("e-1027", "e-1028"))
    properties = document["components"]["schemas"]["Event"]["properties"]
    properties["event_time"]["examples"] = [time]
    properties["event_type"] |= {"enum": [*event_types], "examples": [event_types[0]]}


REFUSED = documented(422)[422] | {
    "description": "No event is valid (`rejected` has the reasons), or a parameter is invalid; refused events are quarantined all the same"
}


@router.post(
    "/v1/events",
    summary="Add events",
    status_code=202,
    response_model=Receipt,
    responses=documented(400, 401, 403, 408, 413, 415, 429, 507) | {422: REFUSED},
    openapi_extra={"parameters": PARAMETERS, "requestBody": _body_schema(), "security": [{"HTTPBearer": []}]},
)
async def add_events(request: Request) -> Response:
    """Add events. When the answer arrives, the accepted ones are on disk.

    An event is identified by its day, its type and `event_id`: sent again it counts once, and sent with other content it is corrected.
    """
    caller, options = admit(request, "write"), options_of(request)
    on_error, idempotency_key = options.on_error, options.idempotency_key
    state = request.app.state
    memory: Memory = state.memory
    with memory.held() as held:
        encoding = encoding_of(request)
        body = await read_body(request, state.settings.api_max_body, memory, held)
        work = _work(state.settings, body, encoding, request.headers.get("content-type", ""), on_error if idempotency_key else "")
        judge: Judge = state.judge
        found = judge_at_once(work) or await judge.judge(work, request.state.lane)
        memory.take(held, len(found.lines))
        request.state.limits.charge(request, caller, found.size, found.events)
        answer = _answer(found, on_error)
        if not found.events or (on_error == "reject" and found.refused):
            _count(0, found)
            return _response(answer)
        key = key_digest(caller.name, idempotency_key) if idempotency_key else ""
        receipt = await _store(state.committer, Submission(found.lines, answer, key, found.digest, _origin(caller)))
    if receipt["digest"] != found.digest:
        raise ProblemError(422, "this Idempotency-Key was used with another body: use a new key for each request")
    if receipt["answer"] is answer:  # else it is the answer to the first request with this key
        metrics.BYTES.inc(found.size)
        _count(answer["accepted"] if answer["status"] == 202 else 0, found)
    return _response(receipt["answer"])


def _origin(caller: Caller) -> Origin:
    return Origin(caller.source or DEFAULT_SOURCE, caller.name if caller.hash else "")


def _work(settings: Settings, body: bytes, encoding: str, content_type: str, on_error: str) -> Work:
    now = utc_now()
    first_day, latest = first_kept_day(settings.retention_days, settings.timezone, now), now + settings.max_future
    window = first_day, latest, settings.timezone, settings.event_types
    bounds = settings.api_max_body, settings.api_max_events, JUDGE_SECONDS
    prefix = f"{on_error} {content_type}\n" if on_error else ""
    return Work(body, encoding, content_type, *window, *bounds, prefix)


def _answer(found: Judgement, on_error: str) -> dict[str, Any]:
    """Status and body of the answer; it names a bounded number of refused events."""
    refused = sum(found.refused.values())
    named: dict[str, Any] = {"rejected": [{"index": one.index, "reasons": list(one.reasons)} for one in found.named]}
    if refused > len(found.named):
        named["also_rejected"] = refused - len(found.named)
    if found.events == refused or (on_error == "reject" and refused):
        detail = f"{refused} of {found.events} events are refused; `rejected` has the reasons" if found.events else "the body has no events"
        return {"status": 422, "detail": detail, **named}
    return {"status": 202, "accepted": found.events - refused, **named}


def _count(accepted: int, found: Judgement) -> None:
    metrics.ACCEPTED.inc(accepted)
    for reason, count in found.refused.items():
        metrics.REJECTED.labels(reason).inc(count)


async def _store(committer: Committer, submission: Submission) -> dict[str, Any]:
    try:
        return await asyncio.wrap_future(committer.commit(submission))
    except OSError as error:
        raise ProblemError(
            507, f"the events could not be written to disk ({error.strerror}); no event of this request is stored", {"Retry-After": "30"}
        ) from error


def _response(answer: dict[str, Any]) -> Response:
    shown = {name: answer[name] for name in ("accepted", "rejected", "also_rejected") if name in answer}
    if answer["status"] == 422:
        raise ProblemError(422, answer["detail"], **shown)
    return Response(json.dumps(shown), answer["status"], media_type=JSON)
