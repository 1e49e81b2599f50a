"""Plain lines, which are read straight into the types of their columns, are judged as the contract judges them: all values, every line."""

import json
import random
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from ads_pipeline.contract import CONTRACT_FIELDS, Window
from ads_pipeline.pipeline.staging.uniform import LineForm
from ads_pipeline.warehouse.statements import Name, Sql, statement
from tests.engine.test_contract import (
    CASES,
    LINES,
    SCRAPS,
    SQL,
    TIMES,
    TOKENS,
    WINDOW,
    engine,
    generated_lines,
    line_with,
    parameters,
    windows,
)

__all__ = ["engine"]

pytestmark = pytest.mark.each_engine

DIFFERENT = """
SELECT line_number, p.row AS of_plain, c.row AS of_contract
FROM (SELECT line_number, tuple({columns}) AS row FROM ({plain}) WHERE is_plain) AS p
LEFT JOIN (SELECT line_number, tuple({columns}) AS row FROM ({contract})) AS c USING line_number
WHERE toString(p.row) != toString(c.row)
LIMIT 3
SETTINGS query_plan_merge_expressions = 0, max_threads = 1"""
NUMBERS = """
SELECT groupArray(line_number) FROM (SELECT * FROM ({plain}) ORDER BY line_number) WHERE is_plain
SETTINGS query_plan_merge_expressions = 0, max_threads = 1"""
COLUMNS = ", ".join((*CONTRACT_FIELDS, "event_date", "record", "reasons", "line"))


def plain_of(engine: Client, lines: list[bytes], window: Window = WINDOW, form: LineForm | None = None) -> list[int]:
    """The numbers of the lines that are plain, from 1; each of them is what the contract makes of it."""
    engine.command("TRUNCATE TABLE lines")
    engine.raw_insert("lines", ["line"], b"".join(line + b"\n" for line in lines), fmt="LineAsString")
    source = Sql((SQL / "sources/events.sql").read_text())
    contract = statement("ingest/contract", lines=Sql(LINES), source=source, batch=Name("batch"), several=(), reasoned=()).render()
    given = Sql(LINES)
    plain = (statement("ingest/uniform", lines=given, **form.parts) if form else statement("ingest/plain", lines=given)).render()
    query = DIFFERENT.replace("{columns}", COLUMNS).replace("{plain}", plain).replace("{contract}", contract)
    different = engine.query(query, parameters=parameters(window)).result_rows
    assert different == [], [lines[number - 1][:300] for number, *_ in different]
    ((numbers,),) = engine.query(NUMBERS.replace("{plain}", plain), parameters=parameters(window)).result_rows
    return list(numbers)


def line_of(event: dict[str, object]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()


FULL = {
    "event_id": "e220a8397b1dcdaf6e789e6aa1b965f4",
    "event_time": "2026-11-01T10:00:00.250Z",
    "event_type": "click",
    "campaign_id": "c024",
    "ad_id": "a1",
    "publisher_id": "p1",
    "user_id": "u1",
    "country": "DE",
    "device": "mobile",
    "quantity": 3,
    "cost": 0.003841,
    "revenue": -1.5,
    "attributes": {"os": "ios", "app": "x"},
}
REQUIRED = {name: FULL[name] for name in ("event_id", "event_time", "event_type", "campaign_id")}

PLAIN = [
    line_of(FULL),
    line_of(REQUIRED),
    line_of(dict(reversed(FULL.items()))),
    json.dumps(FULL, indent=1).replace("\n", " ").encode(),
    line_of(FULL | {"user_id": "", "country": None, "cost": None, "attributes": None, "quantity": None}),
    line_of(FULL | {"event_id": 4711, "campaign_id": "12", "ad_id": "1.5", "publisher_id": "true", "user_id": "[x]"}),
    line_of(FULL | {"cost": "0.50", "revenue": "007.5", "quantity": "12"}),
    line_of(FULL | {"slot": 3, "page": {"a": [1.50, None]}, "nothing": None, "text": 'a"b\\'}),
    line_of(FULL | {"attributes": {}, "campaign_id": "ü\u0000"}),
    line_of(FULL | {"event_time": "2026-11-01T23:59:59.123456789+05:45"}),
    line_with(event_id='"a\\u0062"', cost="1.50", revenue="1e2"),
]

NOT_PLAIN = [
    b'["e1","2026-11-01T10:00:00Z","click","c1"]',
    line_with(attributes='"{}"'),
    line_with(attributes='"{\\"a\\":\\"b\\"}"'),
    line_with(event_id="12.0"),
    line_with(ad_id="1e5"),
    line_with(user_id="true"),
    line_with(publisher_id="[]"),
    line_with(campaign_id='{"a":"b"}'),
    line_with(cost="0.10000000000000001"),
    line_with(cost="\r0.10000000000000001"),
    line_with(quantity="1", x="100000000.000000001"),
    line_with()[:-1] + b',"cost":1,"cost":1}',
    line_with()[:-1] + b',"ad_id":"","ad_id":""}',
    line_with()[:-1] + b',"ad_id":"","\\u0061d_id":null}',
    line_with(x="1", attributes='{"x":"1"}'),
    line_with(attributes='{"x":"1","x":"1"}'),
    line_with(attributes='{"x":"1","y":2}'),
    line_with(cost='""', x="1"),
    line_with(attributes='""', x="1"),
    line_with() + line_with(),
    line_with() + b"x",
]


def test_plain_lines_are_what_the_contract_makes_of_them(engine: Client) -> None:
    """A change that makes fewer lines plain would not be wrong, but slow."""
    mutated = list(mutated_lines(random.Random(1), 8_000))
    plain = plain_of(engine, [*PLAIN, *NOT_PLAIN, *(line for line, _ in CASES), *mutated])
    known = len(PLAIN) + len(NOT_PLAIN)
    assert [number for number in plain if number <= known] == list(range(1, len(PLAIN) + 1))
    assert len(plain) > len(mutated) // 4


@pytest.mark.slow
def test_other_lines_and_windows(engine: Client) -> None:
    lines = generated_lines()
    assert sum(len(plain_of(engine, lines[place :: len(windows())], window)) for place, window in enumerate(windows())) > 100


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_million_mutated_lines(engine: Client, seed: int) -> None:
    assert len(plain_of(engine, list(mutated_lines(random.Random(100 + seed), 100_000)), WINDOW)) > 20_000


ODD = [
    *TOKENS,
    *(f'"{time}"' for time in TIMES),
    *(token.strip('"') for token in TOKENS),
    '"12"',
    "12",
    "12.0",
    "1.2e1",
    "1E2",
    "-7",
    "-0",
    '"-0"',
]
ODD += ['"true"', '"null"', '"[]"', '"{}"', '"{\\"a\\":\\"b\\"}"', '"\\u0041"', '"a\\tb"', '"\u0085"', f'"{"ü" * 128}"', f'"{"x" * 129}"']
ODD += [
    "0.10000000000000001",
    " 0.10000000000000001",
    "\r1.00000000000000000",
    "1234567.12345678",
    "1e-6",
    "0.0000001",
    "9007199254740993",
    "18446744073709551615",
]
ODD += [
    '{"a":"b","a":"b"}',
    '{"a":null}',
    '{"a":"\\\\"}',
    '{"a":"b" }',
    '{"b":"1","a":"2"}',
    "[" * 1100 + "]" * 1100,
    '"click"',
    '"DE"',
    '"ctv"',
    '"2026-11-01T10:00:00Z"',
]
KEYS = [*CONTRACT_FIELDS, "os", "Event_id", "event_id ", "", "x"]


def mutated_lines(chance: random.Random, count: int) -> Iterator[bytes]:
    """Plain lines, most of them changed at one place: a value, a key, a member more or less, or a few bytes."""
    for number in range(count):
        names = [name for name in FULL if name in REQUIRED or chance.random() < 0.7]
        if chance.random() < 0.3:
            chance.shuffle(names)
        values = {name: json.dumps(FULL[name], ensure_ascii=False) for name in names}
        values["event_id"] = f'"{number:x}{chance.choice(("", "e1", "-x", "é"))}"'
        day, hour, zone = chance.randint(1, 31), chance.randint(0, 23), chance.choice(("Z", "z", ".5Z", "+02:00"))
        values["event_time"] = f'"2026-1{chance.choice("011112")}-{day:02}T{hour:02}:00:00{zone}"'
        pairs = [(json.dumps(name), token) for name, token in values.items()]
        yield _changed(chance, pairs).replace(b"\n", b"")


def _changed(chance: random.Random, pairs: list[tuple[str, str]]) -> bytes:
    place = chance.randrange(len(pairs))
    key, token = pairs[place]
    change = chance.randrange(8)
    if change in (0, 1, 2):
        pairs[place] = key, chance.choice(ODD)
    elif change == 3:
        pairs.insert(chance.randrange(len(pairs) + 1), (json.dumps(chance.choice(KEYS)), chance.choice([*ODD, token])))
    elif change == 4:
        pairs[place] = key.replace(key[1], f"\\u{ord(key[1]):04x}", 1), token
    elif change == 5:
        pairs.append((key, chance.choice((token, "null", '""'))))
    comma, colon = chance.choice(((",", ":"), (",", ":"), (", ", ": "), (" ,\t", " :\r")))
    line = ("{" + comma.join(f"{key}{colon}{token}" for key, token in pairs) + "}").encode(errors="surrogatepass")
    if change == 6:
        start = chance.randrange(len(line) + 1)
        line = line[:start] + chance.choice((b"", *SCRAPS, line[start : start + 9] * 2)) + line[start + chance.choice((0, 1, 1, 2, 9)) :]
    return line
