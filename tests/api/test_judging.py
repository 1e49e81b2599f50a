"""The quick look at many events says the same as the contract, line by line."""

import json
import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads_pipeline.contract import MAX_LINE_BYTES, Window, validate_line
from ads_pipeline.contract.judging import plain_lines, refusals
from tests.engine.test_contract import CASES, json_lines, spoiled

WINDOW = Window(date(2026, 10, 1), datetime(2026, 12, 1, tzinfo=UTC))
MINIMAL = {"event_id": "e1", "event_time": "2026-11-01T10:00:00Z", "event_type": "click", "campaign_id": "c1"}


def one_by_one(lines: list[bytes], window: Window) -> dict[int, tuple[str, ...]]:
    verdicts = [validate_line(line, window) for line in lines]
    return {place: verdict for place, verdict in enumerate(verdicts) if isinstance(verdict, tuple)}


def test_hand_picked_lines() -> None:
    lines = [line for line, _ in CASES]
    assert refusals(lines, WINDOW) == one_by_one(lines, WINDOW)
    for line in lines:
        assert refusals([line], WINDOW) == one_by_one([line], WINDOW), line


@pytest.mark.parametrize(
    "texts",
    [
        ['{"event_id":"a"', '"event_time":"2026-11-01T10:00:00Z","event_type":"click","campaign_id":"c1"}'],
        [f"{json.dumps(MINIMAL)},{json.dumps(MINIMAL)}"],
        [f"{json.dumps(MINIMAL)},{{}}"],
        [json.dumps(MINIMAL), f"{json.dumps(MINIMAL)},{{}},{json.dumps(MINIMAL)}"],
        [json.dumps(MINIMAL)[:-1] + ',"ad_id":"x}', '{y"}', f"{json.dumps(MINIMAL)},{json.dumps(MINIMAL)}"],
        [json.dumps(MINIMAL)[:-1] + ',"attributes":{}', '"country":"DE"}', f"{json.dumps(MINIMAL)},{json.dumps(MINIMAL)}"],
        [json.dumps(MINIMAL)[:-1] + ',"ad_id":"a","ad_id":"b"}', json.dumps(MINIMAL)],
        [json.dumps(MINIMAL)[:-1] + ',"attributes":{"a":"1","a":"2"}}'],
        [json.dumps(MINIMAL)[:-1] + ',"cost":1,"cost":2}'],
        ["]", "[", json.dumps(MINIMAL)],
        [f"{json.dumps(MINIMAL)}]", f"[{json.dumps(MINIMAL)}"],
        [json.dumps(MINIMAL) + ",", json.dumps(MINIMAL)],
        [json.dumps(MINIMAL), "", json.dumps(MINIMAL)],
        [json.dumps(MINIMAL)[:-1] + ',"event_time":"2026-11-02T10:00:00Z"}', json.dumps(MINIMAL)],
        [json.dumps(MINIMAL)[:-1] + f',"country":"{country}"}}' for country in ("DE", "", "de", "DEU", "D", "ÄÖ")],
        [json.dumps(MINIMAL)[:-1] + f',"ad_id":"{sign}"}}' for sign in ("\x7f", "\x80", "\x9f", "\xa0", "\u00c2")],
        [
            json.dumps(MINIMAL | {"event_id": "a"})[:-1].replace('"a"', f'"a{sign}"') + "}"
            for sign in ("\x7f", "\x80", "\x9f", "\xa0", "\u0880")
        ],
    ],
)
def test_lines_that_only_look_right_together(texts: list[str]) -> None:
    lines = [text.encode() for text in texts]
    assert refusals(lines, WINDOW) == one_by_one(lines, WINDOW)


@pytest.mark.parametrize(
    "cost",
    [
        *(
            "0.000001",
            "0.0000015",
            "1e-7",
            "1e-9",
            "-0.000000001",
            "1.5e-9",
            "0.30000000000000004",
            "0.1000000000000000000",
            "1e2",
            "1E9",
            "-1E9",
        ),
        *("999999999.999999", "-999999.999999999", "1234567.123456789", "123456789.0000001", "100000000.000000001", "1234567890123456e-10"),
    ],
)
def test_decimals(cost: str) -> None:
    lines = [(json.dumps(MINIMAL)[:-1] + f',"cost":{cost}}}').encode()]
    assert refusals(lines, WINDOW) == one_by_one(lines, WINDOW)


def test_of_many_plain_lines_the_one_that_is_refused_is_found() -> None:
    lines = [json.dumps(MINIMAL | {"event_id": f"e{number}"}).encode() for number in range(1000)]
    for place in (0, 1, 499, 998, 999):
        spoilt = [*lines[:place], lines[place].replace(b"click", b"clack"), *lines[place + 1 :]]
        assert refusals(spoilt, WINDOW) == {place: ("invalid:event_type",)}
    assert refusals(lines, WINDOW) == refusals([], WINDOW) == {}


plain_times = st.datetimes(datetime(2026, 9, 29), datetime(2026, 12, 3)).map(lambda time: time.isoformat() + "Z")
plain_events = st.fixed_dictionaries(
    {
        "event_id": st.text(st.characters(codec="utf-8", exclude_characters='"\\'), min_size=1, max_size=3),
        "event_time": plain_times,
        "event_type": st.sampled_from(["impression", "click", "view"]),
        "campaign_id": st.just("c1"),
    },
    optional={
        "country": st.sampled_from(["DE", "", "D"]),
        "device": st.sampled_from(["tv", "ctv", "mobile", ""]),
        "quantity": st.integers(0, 10**12 + 1) | st.sampled_from(["1", 1.0, 2.5]),
        "cost": st.decimals(-(10**9), 10**9, places=6).map(float) | st.decimals(-9, 9, places=10).map(float) | st.integers(-1, 10**9),
        "revenue": st.floats(-1e9, 1e9),
        "attributes": st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "},{", "[", "\u00e9"]), max_size=2),
    },
)


@settings(max_examples=200, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    events=st.lists(plain_events, min_size=1, max_size=8),
    cuts=st.lists(st.integers(0, 2000), max_size=3),
    repeated=st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["cost", "event_id", "country", "attributes", "a"])), max_size=1),
    day=st.integers(0, 60),
)
def test_nearly_plain_lines_in_pieces(events: list[dict[str, Any]], cuts: list[int], repeated: list[tuple[int, str]], day: int) -> None:
    """Many are plain; some are cut in two, some stand with another on a line, some repeat a key."""
    texts = [json.dumps(event, ensure_ascii=False).encode() for event in events]
    for place, key in repeated:
        text = texts[place % len(texts)]
        texts[place % len(texts)] = text[:-1] + b"," + b",".join(re.findall(rb'"%b": [^,{}]+' % key.encode(), text) or [b'"a":"1"']) + b"}"
    whole = b",\n".join(texts)
    for cut in cuts:
        place = cut % len(whole)
        whole = whole[:place] + (b"\n" if cut % 2 else b"") + whole[place + (0 if cut % 3 else 2) :]
    lines = whole.replace(b",\n", b"\n").split(b"\n")
    window = Window(date(2026, 10, 1), WINDOW.latest - timedelta(days=day))
    assert refusals(lines, window) == one_by_one(lines, window)
    assert_same_when_plain(texts, window)


def verdicts(lines: list[bytes], window: Window) -> list[Any]:
    return [validate_line(line, window) for line in lines]


def assert_same_when_plain(elements: list[bytes], window: Window) -> bool:
    """What is taken for plain are events, one for each element, and they are the elements'."""
    found = plain_lines(b"[" + b" , ".join(elements) + b"]", window, 100)
    if found:
        lines, count = found
        assert (count, lines[-1:]) == (len(elements), b"\n")
        wanted = verdicts(elements, window)
        assert verdicts(lines.splitlines(), window) == wanted
        assert not any(isinstance(verdict, tuple) for verdict in wanted)
    return found is not None


def test_an_array_of_plain_events_becomes_lines() -> None:
    events = [
        MINIMAL,
        MINIMAL | {"cost": -1, "revenue": 1e-9, "quantity": 7, "ad_id": "", "attributes": {"a": "é"}, "country": "DE", "device": "ctv"},
    ]
    elements = [json.dumps(event, ensure_ascii=False).encode() for event in events]
    assert assert_same_when_plain(elements, WINDOW)
    assert plain_lines(b"[" + b",".join(elements) + b"]", WINDOW, 1) is None
    for spoilt in (b"", b"1", b"{}", elements[0][:-1] + b',"cost":1,"cost":2}', elements[0] + b"]", elements[0].replace(b"e1", b"\\u0041")):
        assert plain_lines(b"[" + spoilt + b"]", WINDOW, 100) is None
        assert not assert_same_when_plain([*elements, spoilt], WINDOW)


@pytest.mark.parametrize("more", [{}, {"cost": 1}, {"cost": 0, "revenue": 2}, {"cost": 1e5}])
@pytest.mark.parametrize("room", range(8))
def test_a_line_is_never_too_long_when_it_is_written_anew(more: dict[str, Any], room: int) -> None:
    """Money may take more characters than the client wrote."""
    without = len(json.dumps([MINIMAL | {"attributes": {"a": ""}} | more], separators=(",", ":")).replace("100000.0", "1e5"))
    event = MINIMAL | {"attributes": {"a": "x" * (MAX_LINE_BYTES - without - room)}} | more
    array = json.dumps([event], separators=(",", ":")).replace("100000.0", "1e5").encode()
    assert len(array) == MAX_LINE_BYTES - room
    assert_same_when_plain([array[1:-1]], WINDOW)
    lines, _ = plain_lines(array, WINDOW, 1) or (array[1:-1] + b"\n", 1)
    assert refusals(lines.splitlines(), WINDOW) == {}


def test_hand_picked_elements() -> None:
    plain = [assert_same_when_plain([line], WINDOW) for line, _ in CASES]
    assert any(plain)
    assert not all(plain)


@settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    lines=st.lists(json_lines(), min_size=10, max_size=30),
    seed=st.integers(0, 2**32),
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"]),
    hours=st.integers(-500, 50),
    days=st.integers(0, 80),
)
def test_any_lines(lines: list[bytes], seed: int, timezone: str, hours: int, days: int) -> None:
    chance = random.Random(seed)
    lines = lines + [spoiled(line, chance) for line in lines]
    latest = WINDOW.latest + timedelta(hours=hours)
    window = Window(latest.date() - timedelta(days=days), latest, timezone)
    assert refusals(lines, window) == one_by_one(lines, window)
