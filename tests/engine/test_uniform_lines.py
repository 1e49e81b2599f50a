"""Lines that are cut at their commas, as their form says, are judged as the contract judges them: all values, every line."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from clickhouse_connect.driver.client import Client

from ads_pipeline.pipeline.staging.uniform import SHORT, LineForm, form_of_lines
from tests.engine.test_contract import CASES, SCRAPS, engine, line_with
from tests.engine.test_plain_lines import FULL, NOT_PLAIN, ODD, PLAIN, REQUIRED, mutated_lines, plain_of

__all__ = ["engine"]

pytestmark = pytest.mark.each_engine

BLANKS = {False: (",", ":"), True: (", ", ": ")}


def form_with(names: list[str], is_spaced: bool) -> LineForm:
    """A form of some fields in an order, with attributes at the end."""
    return LineForm(tuple(sorted(names, key=lambda name: name == "attributes")), is_spaced)


def line_of(form: LineForm, tokens: dict[str, str]) -> bytes:
    """A line of a form, with some values as JSON text in place of the usual ones."""
    comma, colon = BLANKS[form.is_spaced]
    usual = {name: json.dumps(FULL[name], separators=(comma, colon)) for name in form.fields}
    return ("{" + comma.join(f'"{name}"{colon}{token}' for name, token in (usual | tokens).items()) + "}").encode(errors="surrogatepass")


FORMS = [
    LineForm(tuple(FULL), False),
    LineForm(tuple(REQUIRED), True),
    form_with([*reversed(FULL)], True),
    form_with(["cost", *REQUIRED], False),
    LineForm(tuple(FULL), False, has_commas=False),
    LineForm(("user_id", *REQUIRED), False, has_commas=False),
]

VALUES = {
    "event_id": ['"x"', '"{}[]:, \'"', f'"{"x" * 128}"'],
    "event_time": ['"2026-11-01T10:00:00Z"', '"2026-11-01T23:59:59.123456+05:45"', '"2026-10-01T00:00:00.000Z"'],
    "event_type": ['"impression"'],
    "campaign_id": ['"true"', '"12"', '"[x]"', '"null"'],
    "ad_id": ['""', '"-1.5e3"'],
    "publisher_id": ['""', '"a: b"'],
    "user_id": ['""', '"a, b"'],
    "country": ['""', '"DE"'],
    "device": ['""', '"ctv"'],
    "quantity": ["1", "999999999999"],
    "cost": ["0", "-0", "0.0", "1.50", "-12.5", "999999999.99999", "0.000000001"],
    "revenue": ["-0.000", "123456789"],
    "attributes": ["{}", '{"os":"ios"}', '{"b":"1","a":"2,"}', '{"a": "b", "c": ""}', '{"":"{}"}', '{"event_id":"x","cost":"1"}'],
}
"""Values as they are written that a line of a form may have, and is cut with them."""


def values_of(form: LineForm, name: str) -> list[str]:
    """Those that a form allows: where lines are cut at each comma, a text has none."""
    return [value for value in VALUES[name] if form.has_commas or "," not in value or name == "attributes"]


def lines_of(form: LineForm, chance: random.Random, count: int) -> Iterator[bytes]:
    """Lines of a form with many values; some are changed at a value or a few bytes."""
    for number in range(count):
        tokens = {name: chance.choice(values_of(form, name)) for name in form.fields if chance.random() < 0.4}
        tokens["event_id"] = f'"{number:x}"'
        if chance.random() < 0.4:
            tokens[chance.choice(form.fields)] = chance.choice(ODD)
        line = line_of(form, tokens).replace(b"\n", b"")
        if chance.random() < 0.4:
            start = chance.randrange(len(line) + 1)
            scrap = chance.choice((b"", b",", b'"', b'","', b"}", *SCRAPS, line[start : start + 9] * 2))
            line = line[:start] + scrap + line[start + chance.choice((0, 0, 1, 2, 9)) :]
        yield line.replace(b"\n", b"")


@pytest.mark.parametrize(
    "form", FORMS, ids=["full", "required_spaced", "reversed_spaced", "cost_first", "at_commas", "user_first_at_commas"]
)
def test_lines_of_a_form_are_what_the_contract_makes_of_them(engine: Client, form: LineForm) -> None:
    """A change that makes fewer lines plain would not be wrong, but slow."""
    good = [line_of(form, {name: value}) for name in form.fields for value in values_of(form, name)]
    others = [*PLAIN, *NOT_PLAIN, *(line for line, _ in CASES), *mutated_lines(random.Random(4), 2_000), *doubtful(form)]
    mixed = list(lines_of(form, random.Random(5), 4_000))
    plain = plain_of(engine, [*good, *others, *mixed], form=form)
    assert [number for number in plain if number <= len(good)] == list(range(1, len(good) + 1))
    assert len([number for number in plain if number > len(good) + len(others)]) > len(mixed) // 4


def doubtful(form: LineForm) -> list[bytes]:
    """Lines that look much like those of a form, and are none."""
    usual, attributes = line_of(form, {}), line_of(form, {}).replace(b'"x"}', b'"x","x":"y"}')
    more = [
        usual + b"}",
        b"{" + usual,
        usual[:-1],
        usual[1:],
        usual[:-1] + b',"x":"y"}',
        usual[:-1] + b',"cost":1}',
        usual.replace(b"}", b"},"),
    ]
    more += [
        usual[:-1] + b',"attributes":{}}',
        usual[:-1] + b',"attributes":{"os":"x"}}',
        attributes,
        b" " + usual,
        usual + b" ",
        usual + b"\r",
    ]
    more += [usual.replace(b"c024", text) for text in (b"c,", b"a\\u0062", b'a"b', b"a\tb", b"a\x7fb", "ü".encode(), b"\xff", b"a\x00b")]
    more += [
        usual.replace(b'"event_id"', b'"event_id "'),
        usual.replace(b'"event_id"', b'"\\u0065vent_id"'),
        b'{"x":' + usual + b"}",
        b"{}",
        b'{"',
        b"{",
    ]
    return [*more, line_of(form, {"attributes": '{"a":"b","a":"b"}'} if "attributes" in form.fields else {}) + usual]


def test_a_line_that_is_too_long(engine: Client) -> None:
    form = LineForm(tuple(FULL), False)
    long = [line_of(form, {"attributes": json.dumps({"a": "x" * size}, separators=(",", ":"))}) for size in (1_000_000, 1_048_576)]
    assert plain_of(engine, long, form=form) == [1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_million_lines_of_many_forms(engine: Client, seed: int) -> None:
    chance = random.Random(200 + seed)
    for _ in range(10):
        names = [name for name in FULL if name in REQUIRED or chance.random() < 0.6]
        chance.shuffle(names)
        form = form_with(names, chance.random() < 0.5)
        found = form_of_lines(line_of(form, {}) + b"\n")
        assert found == replace(form, has_commas=form.is_spaced)
        for one in {form, found}:
            assert len(plain_of(engine, list(lines_of(one, chance, 10_000)), form=one)) > 2_500


ATTRIBUTED = LineForm((*REQUIRED, "cost", "attributes"), is_spaced=False, has_commas=False)


def test_the_form_of_a_head() -> None:
    line = line_with(cost="0.5", attributes='{"a":"b"}')
    assert form_of_lines(line + b"\n" + line + b"\n" + line[:9]) == ATTRIBUTED
    assert form_of_lines(line + b"\n\n" + line_with(cost="1", attributes="{}") + b"\n") is not None
    others = [line_with(), b"nonsense", b"{ " + line[1:]]
    assert form_of_lines(b"\n".join([*others, *[line] * 57]) + b"\n") == ATTRIBUTED
    assert form_of_lines(b"\n".join([*others, *[line] * 56]) + b"\n") is None
    several = line_with(cost="0.5", attributes='{"a":"b,","c":"d"}')
    assert form_of_lines(several + b"\n") == ATTRIBUTED
    with_comma = line_with(campaign_id='"a,b"', cost="0.5", attributes='{"a":"b"}')
    assert form_of_lines(b"\n".join([with_comma, *[line] * 9]) + b"\n") == replace(ATTRIBUTED, has_commas=True)
    assert form_of_lines(b"\n".join([with_comma, *[line] * 19]) + b"\n") == ATTRIBUTED
    spaced = json.dumps(json.loads(line)).encode()
    assert form_of_lines(spaced + b"\n") == replace(ATTRIBUTED, is_spaced=True, has_commas=True)
    for more, is_short in ((0, True), (1, False)):
        long = line_with(cost="0.5", attributes=f'{{"a":"{"b" * (2 * SHORT - 2 * len(line) + 1 + more)}"}}')
        form = form_of_lines(line + b"\n" + long + b"\n")
        assert form == ATTRIBUTED
        assert form.is_short == is_short


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n",
        line_with(),
        b"[1]\n",
        b"{}\n",
        b"null\n",
        b"{\n",
        b"[" * 5_000 + b"\n",
        line_with() + b"\r\n",
        line_with(x="1") + b"\n",
        line_with(campaign_id="") + b"\n",
        line_with(attributes="{}", cost="1") + b"\n",
        line_with() + b"\n" + line_with(cost="1") + b"\n",
        line_with(event_time='"2026-11-01T10:00:00.1234567Z"') + b"\n",
        line_with(campaign_id='"ü"') + b"\n",
        line_with(cost='"1"') + b"\n",
        line_with(cost="null") + b"\n",
        line_with()[:-1] + b',"event_id":"x"}\n',
        json.dumps(FULL, indent=1).encode() + b"\n",
    ],
    ids=range(19),
)  # fmt: skip
def test_heads_without_a_form(head: bytes) -> None:
    assert form_of_lines(head) is None
