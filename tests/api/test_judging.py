"""The quick look at many events says the same as the contract, line by line."""

import json
import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads_pipeline.api.judging import refusals
from ads_pipeline.contract import Window, validate_line
from tests.engine.test_contract import CASES, json_lines, spoiled

WINDOW = Window(date(2026, 10, 1), datetime(2026, 12, 1, tzinfo=UTC))
MINIMAL = {"event_id": "e1", "event_time": "2026-11-01T10:00:00Z", "event_type": "click", "campaign_id": "c1"}


def one_by_one(lines: list[bytes], window: Window) -> dict[int, tuple[str, ...]]:
    verdicts = [validate_line(line, latest=window.latest, first_day=window.first_day, timezone=window.timezone) for line in lines]
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
        [json.dumps(MINIMAL)[:-1] + ',"ad_id":"x}', '{y"}', f"{json.dumps(MINIMAL)},{json.dumps(MINIMAL)}"],
        [json.dumps(MINIMAL)[:-1] + ',"attributes":{}', '"country":"DE"}', f"{json.dumps(MINIMAL)},{json.dumps(MINIMAL)}"],
        [json.dumps(MINIMAL)[:-1] + ',"ad_id":"a","ad_id":"b"}', json.dumps(MINIMAL)],
        [json.dumps(MINIMAL)[:-1] + ',"attributes":{"a":"1","a":"2"}}'],
        [json.dumps(MINIMAL)[:-1] + ',"cost":1,"cost":2}'],
        ["]", "[", json.dumps(MINIMAL)],
        [f"{json.dumps(MINIMAL)}]", f"[{json.dumps(MINIMAL)}"],
    ],
)
def test_lines_that_only_look_right_together(texts: list[str]) -> None:
    lines = [text.encode() for text in texts]
    assert refusals(lines, WINDOW) == one_by_one(lines, WINDOW)


@pytest.mark.parametrize(
    "cost", ["0.000001", "0.0000015", "1e-7", "999999999.999999", "123456789.0000001", "0.30000000000000004", "1e2", "1E9"]
)
def test_decimals(cost: str) -> None:
    lines = [(json.dumps(MINIMAL)[:-1] + f',"cost":{cost}}}').encode()]
    assert refusals(lines, WINDOW) == one_by_one(lines, WINDOW)


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
