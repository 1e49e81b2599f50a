"""What a request that adds events says beside its body. It is read here and described here: for a request of one event, FastAPI's own
reading of four parameters would take as long as everything else.
"""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from ads_pipeline.api.refusal import ProblemError

ON_ERROR = ("quarantine", "reject")
LONGEST_KEY, LONGEST_IDEMPOTENCY_KEY = 100, 255


@dataclass(frozen=True, slots=True)
class EventOptions:
    """The options of a request.

    Args:
        on_error: `quarantine` or `reject`.
        idempotency_key: empty if there is none.
    """

    on_error: str
    idempotency_key: str


def options_of(request: Request) -> EventOptions:
    """The options of a request; `encoding_of` and `limits` read the others.

    Raises:
        ProblemError: 422, one of them is not valid.
    """
    on_error, key = request.query_params.get("on_error", "quarantine"), request.headers.get("idempotency-key")
    if on_error not in ON_ERROR:
        raise ProblemError(422, f"on_error: {on_error[:100]!r} is unknown: use `quarantine` or `reject`")
    if len(request.query_params.get("key", "")) > LONGEST_KEY:
        raise ProblemError(422, f"key: it has more than {LONGEST_KEY} characters, so it is no API key")
    if key is not None and not 1 <= len(key) <= LONGEST_IDEMPOTENCY_KEY:
        raise ProblemError(422, f"idempotency-key: it has {len(key)} characters: use 1 to {LONGEST_IDEMPOTENCY_KEY}")
    return EventOptions(on_error, key or "")


def _parameter(name: str, where: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "required": False, "description": description, "schema": {"type": "string", **schema}}


PARAMETERS = [
    _parameter(
        "on_error",
        "query",
        "`quarantine` stores refused events too, for quarantine; `reject` refuses the whole request if one is refused",
        enum=[*ON_ERROR],
        default="quarantine",
    ),
    _parameter(
        "key",
        "query",
        "A key of scope `write` alone, for `sendBeacon` of browsers, which sends no header",
        maxLength=LONGEST_KEY,
    ),
    _parameter(
        "idempotency-key",
        "header",
        "The same key and body again within a day adds nothing and gets the same answer",
        minLength=1,
        maxLength=LONGEST_IDEMPOTENCY_KEY,
    ),
    _parameter("content-encoding", "header", "`gzip` or `zstd`"),
]
"""The same, for the OpenAPI document."""
