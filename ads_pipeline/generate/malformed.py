"""Lines that the contract refuses, of every kind, for a pipeline to hold back."""

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TOO_LONG_EVERY = 10_000
"""Of so many malformed lines one is too long: each takes a mebibyte."""

_GOOD = {"event_id": '"#"', "event_time": '"@T12:00:00Z"', "event_type": '"click"', "campaign_id": '"c001"'}


def _event(**tokens: str) -> str:
    """A valid event but for these members; an empty token leaves one out."""
    return "{" + ",".join(f'"{name}":{token}' for name, token in (_GOOD | tokens).items() if token) + "}"


_LONG = "x" * 129

KINDS: tuple[tuple[str, str], ...] = (
    ("not_json", "no json at all #"),
    ("not_json", '{"event_id":"#","event_time":"@T12:00:00Z","attributes":{"os":"ios"}'),
    ("not_json", _event() + " and more"),
    ("not_object", '["#"]'),
    ("not_object", '"#"'),
    ("missing:event_id", _event(event_id="", user_id='"#"')),
    ("missing:event_time", _event(event_time="")),
    ("missing:event_type", _event(event_type="")),
    ("missing:campaign_id", _event(campaign_id="null")),
    ("invalid:event_id", _event(event_id='""', user_id='"#"')),
    ("invalid:event_id", _event(event_id=f'"#{_LONG}"')),
    ("invalid:event_id", _event(event_id='"#\\u0007"')),
    ("invalid:event_id", _event(event_id='["#"]')),
    ("invalid:event_time", _event(event_time='"@ 12:00:00"')),
    ("invalid:event_time", _event(event_time='"@T12:00:00"')),
    ("invalid:event_time", _event(event_time='"@T25:00:00Z"')),
    ("invalid:event_time", _event(event_time="1767225600")),
    ("future", _event(event_time='"2100-01-01T00:00:00Z"')),
    ("invalid:event_type", _event(event_type='"view"')),
    ("invalid:campaign_id", _event(campaign_id='{"id":1}')),
    ("invalid:campaign_id", _event(campaign_id='""')),
    ("invalid:ad_id", _event(ad_id="true")),
    ("invalid:publisher_id", _event(publisher_id=f'"{_LONG}"')),
    ("invalid:user_id", _event(user_id="1.5")),
    ("invalid:country", _event(country='"usa"')),
    ("invalid:device", _event(device='"fridge"')),
    ("invalid:cost", _event(cost="-1")),
    ("invalid:cost", _event(cost="0.1234567")),
    ("invalid:cost", _event(cost="1000000000")),
    ("invalid:cost", _event(cost='1,"cost":2')),
    ("invalid:revenue", _event(revenue='"1e3"')),
    ("invalid:attributes", _event(attributes='{"a":1}')),
    ("invalid:attributes", _event(attributes='"ios"')),
    ("invalid:event_type, invalid:cost", _event(event_type='"view"', cost="true")),
)
"""Reasons and line; `#`, once in each, stands for an id, `@` for an event day."""

_BEFORE, _AFTER = (pa.array(line.partition("#")[side] for _, line in KINDS) for side in (0, 2))


def malformed_lines(ids: Any, day: date, first: int) -> Any:
    """One line an id, the kinds in turn.

    Args:
        ids: a pyarrow array of texts.
        day: the event day that lines have where the time is not what is wrong.
        first: how many malformed lines were made before, so that small numbers a call cover all kinds too.
    """
    serial = np.arange(first, first + len(ids))
    kinds = pa.array(serial % len(KINDS))
    before, after = (pc.replace_substring(side, "@", day.isoformat()).take(kinds) for side in (_BEFORE, _AFTER))
    lines = pc.binary_join_element_wise(before, ids, after, "\n", "")
    long = np.flatnonzero(serial % TOO_LONG_EVERY == len(KINDS))
    if not len(long):
        return lines
    texts = ['{"event_id":"' + ids[row].as_py() + '","attributes":{"a":"' + "x" * (1 << 20) + '"}}\n' for row in long.tolist()]
    mask = np.zeros(len(ids), dtype=bool)
    mask[long] = True
    return pc.replace_with_mask(lines, pa.array(mask), pa.array(texts, pa.string()))
