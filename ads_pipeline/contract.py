"""The event contract: what a line must hold to become an event.

It stands twice: here, for documents and for services that judge single lines, and as SQL in
`sql/ingest/contract.sql`, for drops. A property test holds the two equal, so change both or neither.
What does not belong here: reading drops, and how other sources are mapped onto the contract (`sql/sources`).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ads_pipeline.strict_json import JsonObject, compact, parse

MAX_LINE_BYTES = 1 << 20
"""A longer line is refused as `too_long`, unread."""

EventType = Literal["impression", "click", "conversion"]
Device = Literal["", "desktop", "mobile", "tablet", "ctv", "other"]
EVENT_TYPES: tuple[str, ...] = get_args(EventType)
DEVICES: tuple[str, ...] = tuple(name for name in get_args(Device) if name)

_FIRST_DATE, _LAST_DATE = date(1970, 1, 2), date(2149, 6, 5)  # what ClickHouse's Date holds, without its zero
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII | re.IGNORECASE
)
_PLAIN_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_MICRO = Decimal("0.000001")
_AMBIGUOUS = object()
"""Stands for the value of a repeated key: no field takes it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which event times are taken at present.

    Attributes:
        first_day: the oldest event day whose raw rows are kept (`days.first_kept_day`); before it is `expired`.
        latest: now and how far ahead of it an event time may lie, aware; after it is `future`.
        timezone: the reporting time zone, which decides the day of an event.
    """

    first_day: date
    latest: datetime
    timezone: str = "UTC"


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value
    raise ValueError("a string, or an integer that stands for its text")


def _amount(value: Any) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    if isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError("a number, or a string that holds a plain decimal such as 0.25")


def _to_micros(value: Decimal) -> Decimal:
    return value.quantize(_MICRO).copy_abs()


def _instant(value: Any, info: ValidationInfo) -> datetime:
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if not found or found[1][:2] not in ("19", "20", "21"):
        raise ValueError("an RFC 3339 time with an offset, such as 2026-11-01T10:00:00.250Z")
    millisecond = int((found[7] or "0")[:3].ljust(3, "0"))
    year, month, day_of_month, hour, minute, second = map(int, found.groups()[:6])
    local = datetime(year, month, day_of_month, hour, minute, second, millisecond * 1000, UTC)
    offset = timedelta(hours=int(found[9] or 0), minutes=int(found[10] or 0))
    time = local + offset if found[8] == "-" else local - offset
    window = info.context if isinstance(info.context, Window) else None
    day = time.astimezone(ZoneInfo(window.timezone)).date() if window else time.date()
    if not _FIRST_DATE <= day <= _LAST_DATE:
        raise ValueError(f"a time from {_FIRST_DATE} to {_LAST_DATE}")
    if window and day < window.first_day:
        raise PydanticCustomError("expired", "events before {first_day} are past retention", {"first_day": window.first_day.isoformat()})
    if window and time > window.latest:
        raise PydanticCustomError("future", "the time lies after {latest}", {"latest": window.latest.isoformat()})
    return time


Text = Annotated[str, BeforeValidator(_text), Field(max_length=128)]
Name = Annotated[Text, Field(min_length=1)]
Amount = Annotated[Decimal, BeforeValidator(_amount), Field(ge=0, lt=1_000_000_000, decimal_places=6), AfterValidator(_to_micros)]


class Event(BaseModel):
    """One advertising event, as a JSON object. A key with `null` is as absent; a repeated key is invalid.

    Keys that are not named here become attributes: a string as it is, any other value as its compact JSON text.
    """

    model_config = ConfigDict(frozen=True)

    event_id: Name = Field(
        pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
        description="Identity of the event within its day; no control characters. The same id again is a duplicate or a correction",
        examples=["1027c4d1c386bbc4cd613e30d8f16adf"],
    )
    event_time: Annotated[datetime, BeforeValidator(_instant)] = Field(
        description="RFC 3339 with an offset; cut to the millisecond, kept in UTC",
        examples=["2026-11-01T10:00:00.250Z", "2026-11-01T12:00:00+02:00"],
    )
    event_type: EventType = Field(description="What happened", examples=["impression"])
    campaign_id: Name = Field(
        description="Campaign that the event belongs to; a JSON integer is taken as its text", examples=["c001", 4711]
    )
    ad_id: Text = Field("", description="Ad that was shown", examples=["a0507"])
    publisher_id: Text = Field("", description="Site or app that showed it", examples=["p48"])
    user_id: Text = Field("", description="Pseudonymous user; distinct users are counted over non-empty ones", examples=["u235662"])
    country: str = Field("", pattern=r"^([A-Z]{2})?$", description="ISO 3166 code in capitals", examples=["DE"])
    device: Device = Field("", description="Kind of device", examples=["mobile"])
    cost: Amount = Field(Decimal(0), description="What the advertiser pays, at most 6 decimals", examples=[0.003796])
    revenue: Amount = Field(Decimal(0), description="What the event earned the advertiser, at most 6 decimals", examples=[19.99])
    attributes: dict[StrictStr, StrictStr] = Field(
        default={}, description="Anything else, as strings; sorted by key", examples=[{"os": "ios"}]
    )

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any) -> Any:
        """Leave out nulls, mark repeated keys, and move the keys that have no field to the attributes."""
        if not isinstance(data, dict):
            return data
        repeated = _repeated(data)
        given = {key: _AMBIGUOUS if key in repeated else value for key, value in data.items()}
        given = {key: value for key, value in given.items() if value is not None}
        event = {name: given.pop(name) for name in cls.model_fields if name in given}
        own = event.get("attributes", {})
        if isinstance(own, dict):
            event["attributes"] = _merged(own, given)
        return event


CONTRACT_FIELDS: tuple[str, ...] = tuple(Event.model_fields)

Verdict = Event | tuple[str, ...] | None
"""An accepted event; or why the line is refused, in the order of the fields; or None for an empty line, which is no line."""


def validate_line(line: bytes, *, latest: datetime, first_day: date, timezone: str) -> Verdict:
    """Judge one line of a drop.

    Args:
        line: the bytes between two line ends.
        latest, first_day, timezone: as in `Window`.

    Returns:
        The event; or its reasons: `missing:<field>`, `invalid:<field>`, `expired`, `future`, or one of
        `too_long`, `not_json`, `not_object` alone; or None for a line of nothing but white space.
    """
    if not line.strip():
        return None
    if len(line) > MAX_LINE_BYTES:
        return ("too_long",)
    try:
        data = parse(line)
    except ValueError:
        return ("not_json",)
    if not isinstance(data, dict):
        return ("not_object",)
    try:
        return Event.model_validate(data, context=Window(first_day, latest, timezone))
    except ValidationError as error:
        return tuple(
            dict.fromkeys(_reason(item["type"], str(item["loc"][0])) for item in error.errors(include_url=False, include_context=False))
        )


def _reason(kind: str, field: str) -> str:
    if kind in ("expired", "future"):
        return kind
    return f"{'missing' if kind == 'missing' else 'invalid'}:{field}"


def _merged(own: dict[str, Any], unnamed: dict[str, Any]) -> Any:
    members = {key: value for key, value in own.items() if value is not None}
    if _repeated(own) or _AMBIGUOUS in unnamed.values() or members.keys() & unnamed.keys():
        return _AMBIGUOUS
    texts = {key: value if isinstance(value, str) else compact(value) for key, value in unnamed.items()}
    return dict(sorted((members | texts).items()))


def _repeated(data: dict[str, Any]) -> set[str]:
    return data.repeated() if isinstance(data, JsonObject) else set()
