"""What the contract says of one line: an event, or why it is refused."""

from enum import StrEnum

from pydantic import ValidationError

from ads_pipeline.contract.event import Event
from ads_pipeline.contract.strict_json import parse
from ads_pipeline.contract.window import Window

MAX_LINE_BYTES = 1 << 20
"""A longer line is refused as `too_long`, unread."""


class Reason(StrEnum):
    """Why a line is refused. `missing` and `invalid` name the field: `missing:event_id`."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> "Reason":
        """A code with what it means."""
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.meaning = meaning
        return reason

    MISSING = "missing", "the field is required, and absent or `null`"
    INVALID = "invalid", "the field holds something else than its rule says, or its key stands twice"
    EXPIRED = "expired", "the event's day is past retention (`ADS_RETENTION_DAYS`)"
    FUTURE = "future", "`event_time` lies further ahead of the engine's clock than `ADS_MAX_FUTURE`"
    NOT_JSON = "not_json", "the line is no JSON; the only reason then"
    NOT_OBJECT = "not_object", "the line is JSON, but no object; the only reason then"
    TOO_LONG = "too_long", f"the line has more than {MAX_LINE_BYTES:,} bytes and is not read; the only reason then"

    def of(self, field: str) -> str:
        """The reason with the field that it is about."""
        return f"{self}:{field}"


Verdict = Event | tuple[str, ...] | None
"""An accepted event; or why the line is refused, in the order of the fields; or None for an empty line, which is no line."""


def validate_line(line: bytes, window: Window) -> Verdict:
    """Judge one line (the bytes between two line ends).

    Returns:
        The event; or its reasons, one of `too_long`, `not_json`, `not_object` alone; or None for a line of nothing but white space.
    """
    if not line.strip():
        return None
    if len(line) > MAX_LINE_BYTES:
        return (Reason.TOO_LONG,)
    try:
        data = parse(line)
    except ValueError:
        return (Reason.NOT_JSON,)
    if not isinstance(data, dict):
        return (Reason.NOT_OBJECT,)
    try:
        return Event.model_validate(data, context=window)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        return tuple(dict.fromkeys(_reason(item["type"], str(item["loc"][0])) for item in found))


def _reason(error: str, field: str) -> str:
    if error in (Reason.EXPIRED, Reason.FUTURE):
        return error
    return (Reason.MISSING if error == Reason.MISSING else Reason.INVALID).of(field)
