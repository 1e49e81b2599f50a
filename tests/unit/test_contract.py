"""The pydantic side of the event contract; that SQL says the same is tested in tests/engine/test_contract.py."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from ads_pipeline.contract import CONTRACT_FIELDS, DEVICES, MAX_LINE_BYTES, Event, Verdict, Window, validate_line
from ads_pipeline.contract.strict_json import compact, parse
from ads_pipeline.settings import EVENT_TYPES

MINIMAL = {"event_id": "e1", "event_time": "2026-11-01T10:00:00Z", "event_type": "click", "campaign_id": "c1"}
LATEST = datetime(2026, 12, 1, tzinfo=UTC)


def judge(line: bytes, timezone: str = "UTC") -> Verdict:
    return validate_line(line, Window(date(2026, 10, 1), LATEST, timezone))


def judge_with(**fields: object) -> Verdict:
    return judge(json.dumps(MINIMAL | fields).encode())


def test_names() -> None:
    assert CONTRACT_FIELDS[:4] == ("event_id", "event_time", "event_type", "campaign_id")
    assert CONTRACT_FIELDS[-4:] == ("quantity", "cost", "revenue", "attributes")
    assert EVENT_TYPES == ("impression", "click", "conversion")
    assert DEVICES == ("desktop", "mobile", "tablet", "ctv", "other")


def test_a_minimal_event_has_defaults() -> None:
    assert judge_with() == Event.model_validate(MINIMAL)
    assert Event.model_validate(MINIMAL).model_dump() == {
        "event_id": "e1",
        "event_time": datetime(2026, 11, 1, 10, tzinfo=UTC),
        "event_type": "click",
        "campaign_id": "c1",
        "ad_id": "",
        "publisher_id": "",
        "user_id": "",
        "country": "",
        "device": "",
        "quantity": 1,
        "cost": Decimal(0),
        "revenue": Decimal(0),
        "attributes": {},
    }


def test_event_types_are_those_of_the_window() -> None:
    window = Window(date(2026, 10, 1), LATEST, event_types=("click", "video_start"))
    for name, reasons in {
        "click": None,
        "video_start": None,
        "impression": ("invalid:event_type",),
        "video": ("invalid:event_type",),
    }.items():
        verdict = validate_line(json.dumps(MINIMAL | {"event_type": name}).encode(), window)
        assert (verdict.event_type if isinstance(verdict, Event) else verdict) == (reasons or name)
    assert judge_with(event_type="video_start") == ("invalid:event_type",)


def test_an_event_is_frozen() -> None:
    event = Event.model_validate(MINIMAL)
    with pytest.raises(ValidationError, match="frozen"):
        event.event_id = "other"


def test_all_reasons_in_the_order_of_the_fields() -> None:
    line = (
        b'{"cost":-1e9,"quantity":0,"device":"tv","country":"de","event_time":"2026-09-30T00:00:00Z","event_type":"view","attributes":[]}'
    )
    assert judge(line) == (
        "missing:event_id",
        "expired",
        "invalid:event_type",
        "missing:campaign_id",
        "invalid:country",
        "invalid:device",
        "invalid:quantity",
        "invalid:cost",
        "invalid:attributes",
    )


@pytest.mark.parametrize("line", [b"", b" ", b"\r", b" \t\r\v\f"])
def test_an_empty_line_is_no_line(line: bytes) -> None:
    assert judge(line) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not_json"),
        (b"\xff", "not_json"),
        (b'{"a":NaN}', "not_json"),
        (b'{"a":1e400}', "not_json"),
        (b'{"a":"\\ud800"}', "not_json"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "not_json"),
        (b"[1]", "not_object"),
        (b"null", "not_object"),
        (b" " * MAX_LINE_BYTES + b"x", "too_long"),
    ],
)
def test_what_is_no_event_at_all_has_one_reason(line: bytes, reason: str) -> None:
    assert judge(line) == (reason,)


def test_the_longest_line() -> None:
    line = json.dumps(MINIMAL).encode()
    assert isinstance(judge(line.ljust(MAX_LINE_BYTES)), Event)
    assert judge(line.ljust(MAX_LINE_BYTES + 1)) == ("too_long",)


def test_the_window_is_of_days_in_the_reporting_zone() -> None:
    line = json.dumps(MINIMAL | {"event_time": "2026-09-30T22:30:00Z"}).encode()
    assert judge(line) == ("expired",)
    assert isinstance(judge(line, timezone="Europe/Berlin"), Event)
    assert isinstance(judge_with(event_time="2026-12-01T00:00:00.000Z"), Event)
    assert judge_with(event_time="2026-12-01T00:00:00.001Z") == ("future",)


def test_without_a_window_any_time_goes() -> None:
    assert Event.model_validate(MINIMAL | {"event_time": "1999-01-01T00:00:00Z"}).event_time.year == 1999
    with pytest.raises(ValidationError, match="past retention"):
        Event.model_validate(MINIMAL | {"event_time": "1999-01-01T00:00:00Z"}, context=Window(date(2026, 10, 1), LATEST))


def test_times_are_cut_to_the_millisecond_and_kept_in_utc() -> None:
    event = judge_with(event_time="2026-11-01T00:00:00.98765432109876543210+02:00")
    assert isinstance(event, Event)
    assert event.event_time == datetime(2026, 10, 31, 22, 0, 0, 987000, UTC)


def test_unnamed_keys_become_sorted_attributes() -> None:
    event = judge_with(z=1, a={"b": [1.0, None, "\u2028/"]}, m="text", n=None, attributes={"os": "ios", "v": None})
    assert isinstance(event, Event)
    assert list(event.attributes.items()) == [("a", '{"b":[1,null,"\\u2028/"]}'), ("m", "text"), ("os", "ios"), ("z", "1")]


@pytest.mark.parametrize("depth", [1, 480, 800])
def test_a_value_however_deep_becomes_an_attribute(depth: int) -> None:
    for text in ("[" * depth + "1" + "]" * depth, '{"a":' * depth + "[]" + "}" * depth, '[{"\\u00e9":1},' * depth + "{}" + "]" * depth):
        line = (json.dumps(MINIMAL)[:-1] + f',"x":{text}}}').encode()
        event = judge(line)
        assert isinstance(event, Event)
        assert event.attributes == {"x": text.replace("\\u00e9", "\u00e9")}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "-0"),
        ("1.50", "1.5"),
        ("1e2", "100"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e21"),
        ("0.000001", "0.000001"),
        ("1e-7", "1e-7"),
        ("-1.25e-10", "-1.25e-10"),
        ("5e-324", "5e-324"),
        ("9007199254740993.0", "9007199254740992"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", '"18446744073709551616"'),
    ],
)
def test_compact_numbers(number: str, text: str) -> None:
    assert compact(parse(number.encode())) == text


def test_the_schema_is_for_people() -> None:
    schema = Event.model_json_schema()
    assert schema["required"] == ["event_id", "event_time", "event_type", "campaign_id"]
    assert all(field["description"] and field["examples"] for field in schema["properties"].values())
