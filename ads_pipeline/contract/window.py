"""What is accepted at present: which event times and event types; and how they are read."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from ads_pipeline.settings import EVENT_TYPES

_FIRST_DATE, _LAST_DATE = date(1970, 1, 2), date(2149, 6, 5)  # what ClickHouse's Date holds, without its zero
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Window:
    """Which events are accepted at present.

    Attributes:
        first_day: the oldest event day whose raw rows are kept (`days.first_kept_day`); an earlier day is `expired`.
        latest: now and how far ahead of it an event time may lie, aware; a later time is `future`.
        timezone: the reporting time zone, which decides the day of an event.
        event_types: what may have happened (`ADS_EVENT_TYPES`).
    """

    first_day: date
    latest: datetime
    timezone: str = "UTC"
    event_types: tuple[str, ...] = EVENT_TYPES


def read_time(value: Any, info: ValidationInfo) -> datetime:
    """The instant that an RFC 3339 text with an offset names, cut to the millisecond, in UTC.

    A `Window` as the context of the validation bounds it.

    Raises:
        ValueError: it is no such text, or a day that the engine cannot hold.
        PydanticCustomError: it lies outside the window; its type is the reason.
    """
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


def known_type(value: str, info: ValidationInfo) -> str:
    """An event type that a `Window` as the context of the validation accepts, or one of the usual.

    Raises:
        ValueError: any other.
    """
    types = info.context.event_types if isinstance(info.context, Window) else EVENT_TYPES
    if value not in types:
        raise ValueError(f"one of {', '.join(types)}")
    return value
