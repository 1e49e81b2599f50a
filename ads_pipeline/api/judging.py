"""Events of a request, judged by the contract: most by one look at all of them, the rest one by one.

`Event` judges some 30,000 events a second, as it runs Python for every field. `PlainEvent` is a subset of the
contract that pydantic judges without Python, ten times as fast; what it takes is valid, and a property test
holds it to that. What it does not take says nothing: such an event is judged by `validate_line`.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import Required, TypedDict  # noqa: UP035 (pydantic needs this one before Python 3.12)

from ads_pipeline.contract import Device, EventType, Window, validate_line

LONGEST = 65_536
"""Bytes of a plain event."""

LOOKS = 8
"""How often events that turn out not to be plain are set apart before the rest is judged one by one."""

T = TypeVar("T")

_MONTH_AND_DAY = r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
_UTC = rf"^20\d\d-{_MONTH_AND_DAY}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{{1,9}})?(?:Z|\+00:00)$"

Amount = Annotated[float, Field(ge=0, lt=1_000_000_000)]
Text = Annotated[str, Field(max_length=128)]


class PlainEvent(TypedDict, total=False):
    """An event whose time is in UTC, whose money is numbers and whose keys are all the contract's own."""

    event_id: Required[Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,128}$")]]
    event_time: Required[Annotated[str, Field(pattern=_UTC)]]
    event_type: Required[EventType]
    campaign_id: Required[Annotated[str, Field(min_length=1, max_length=128)]]
    ad_id: Text
    publisher_id: Text
    user_id: Text
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]
    device: Device
    cost: Amount
    revenue: Amount
    attributes: dict[str, str]


PlainEvent.__pydantic_config__ = ConfigDict(strict=True, extra="forbid")  # type: ignore[attr-defined]
_ADAPTER = TypeAdapter(list[PlainEvent])


def refusals(lines: Sequence[bytes], window: Window) -> dict[int, tuple[str, ...]]:
    """Why lines are refused, by their place, in order; accepted and empty ones are left out."""
    plain = list(range(len(lines)))
    closer: list[int] = []
    for _ in range(LOOKS):
        others = _others([lines[place] for place in plain] if closer else lines, window)
        if not others:
            plain = []
            break
        closer += [plain[nth] for nth in others]
        plain = [place for nth, place in enumerate(plain) if nth not in others]
    found = {}
    for place in sorted(closer + plain):
        verdict = validate_line(lines[place], latest=window.latest, first_day=window.first_day, timezone=window.timezone)
        if isinstance(verdict, tuple):
            found[place] = verdict
    return found


def _others(lines: Sequence[bytes], window: Window) -> set[int]:
    """Those of the lines that are not plain, or some of them; none when all are plain.

    No JSON string holds a line feed, so a line feed between lines keeps them apart: as many events as lines
    means that each line is one event.
    """
    if not lines:
        return set()
    joined = b",\n".join(lines)
    if not (_objects(joined, len(lines)) and max(map(len, lines)) <= LONGEST and b"\\" not in joined):
        return {place for place, line in enumerate(lines) if not _objects(line, 1) or len(line) > LONGEST or b"\\" in line}
    try:
        events = _ADAPTER.validate_json(b"[" + joined + b"]")
    except ValidationError as error:
        return _named(error, len(lines))
    if len(events) != len(lines):
        return set(range(len(lines)))
    return _out_of_window(events, window) | _too_precise(events) | _with_repeated_keys(events, joined, lines)


def _objects(joined: bytes, count: int) -> bool:
    """Whether each of the lines begins and ends as an object does."""
    return joined[:1] == b"{" and joined[-1:] == b"}" and joined.count(b"},\n{") == count - 1


def _named(error: ValidationError, count: int) -> set[int]:
    """The lines that pydantic blames; where it does not say, all."""
    places = set()
    for item in error.errors(include_url=False, include_input=False):
        if item["type"] == "json_invalid":
            at = re.search(r"at line (\d+)", item["ctx"]["error"])
            return {min(int(at[1]), count) - 1} if at else set(range(count))
        places.add(item["loc"][0])
    return {place for place in places if isinstance(place, int)} or set(range(count))


def _out_of_window(events: Sequence[Any], window: Window) -> set[int]:
    """Times as texts in UTC sort as they follow each other; the last second is left to a closer look."""
    first = datetime.combine(window.first_day, datetime.min.time(), ZoneInfo(window.timezone)).astimezone(UTC)
    low, high = (moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in (first, window.latest.astimezone(UTC)))
    times = [event["event_time"][:19] for event in events]
    if min(times) >= low and max(times) < high:
        return set()
    return {place for place, time in enumerate(times) if not low <= time < high}


def _too_precise(events: Sequence[Any]) -> set[int]:
    """More than 6 decimals: a double is the nearest to a whole number of millionths, or it is none."""
    amounts = np.array([(event.get("cost", 0.0), event.get("revenue", 0.0)) for event in events])
    wrong = np.rint(amounts * 1e6) / 1e6 != amounts
    return set(np.flatnonzero(wrong.any(axis=1)).tolist()) if wrong.any() else set()


def _with_repeated_keys(events: Sequence[Any], joined: bytes, lines: Sequence[bytes]) -> set[int]:
    """A repeated key is read over, but its quotes stand in the line. Without escapes every string has two."""
    if joined.count(b'"') == 2 * sum([_strings(event) for event in events]):
        return set()
    return {place for place, event in enumerate(events) if lines[place].count(b'"') != 2 * _strings(event)}


def _strings(event: dict[str, Any]) -> int:
    """Keys and text values of an event."""
    count = 2 * len(event) - ("cost" in event) - ("revenue" in event)
    return count - 1 + 2 * len(event["attributes"]) if "attributes" in event else count
