"""Lines whose records are all plain are judged as the contract judges them, whatever a source makes of them: all values, every record."""

import base64
import random
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from ads_pipeline.contract import CONTRACT_FIELDS
from ads_pipeline.pipeline.parts import part_files, with_parts
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.statements import Name, Part, Sql, statement
from tests.engine.test_contract import CASES, LINES, WINDOW, engine, line_with, parameters
from tests.engine.test_plain_lines import NOT_PLAIN, PLAIN, mutated_lines

__all__ = ["engine"]

pytestmark = pytest.mark.each_engine

EVENTS = """
SELECT
    *, arrayMap(e -> CAST(JSONExtractKeysAndValuesRaw(e), 'Map(String, String)'), JSONExtractArrayRaw(fields['items'])) AS events
FROM lines"""
LISTED = with_parts("listed", Sql("SELECT *, objects('items') AS events FROM lines"), part_files(load_settings())).text
REASONED = EVENTS.replace("*,", "*, JSONExtractString(line, 'because') AS ignored_because,")
RECAST = """
SELECT *, mapUpdate(fields, map('campaign_id', '"c"', 'quantity', '"2"', 'ad_id', '', 'note', concat('"', line_number, '"'))) AS event
FROM lines"""
SOURCES = {
    "events": (EVENTS, ("several", "reads_fields")),
    "listed": (LISTED, ("several",)),
    "reasoned": (REASONED, ("several", "reasoned", "reads_fields")),
    "hidden": (LISTED.replace("*,", "*, toString(tuple(*)) AS all_columns, all_columns AS ignored_because,"), ("several", "reasoned")),
    "event": ("SELECT *, fields AS event FROM lines", ("reads_fields",)),
    "recast": (RECAST.replace("line_number", "toString(line_number)"), ("reads_fields",)),
}
COLUMNS = ", ".join((*CONTRACT_FIELDS, "event_date", "reasons"))
WRONG = """
WITH
    plain AS (SELECT *, tuple({columns}, if(reasons = ['ignored'], line, '')) AS row FROM ({plain})),
    contract AS (SELECT *, tuple({columns}, if(reasons = ['ignored'], line, '')) AS row FROM ({contract}))
SELECT line_number, record, toString(p.row) AS of_plain, toString(c.row) AS of_contract
FROM (SELECT line_number, record, row FROM plain WHERE is_plain) AS p
FULL JOIN
(
    SELECT line_number, record, row
    FROM contract
    WHERE line_number IN (SELECT line_number FROM plain WHERE is_plain)
) AS c USING (line_number, record)
WHERE of_plain != of_contract
LIMIT 3
SETTINGS query_plan_merge_expressions = 0, max_threads = 1"""
FOUND = """
SELECT
    groupUniqArrayIf(line_number, is_plain), groupArrayIf((line_number, base64Encode(line)), NOT is_plain AND record < 2),
    countIf(is_plain AND record > 0), countIf(reasons = ['ignored'] AND is_plain)
FROM ({plain})
SETTINGS query_plan_merge_expressions = 0, max_threads = 1"""


def plain_of(engine: Client, lines: list[bytes], name: str) -> tuple[list[int], int, int]:
    """The numbers of the lines that are plain, from 1, how many records they have, and how many are ignored.

    Each of their records is what the contract makes of it, and each other line is there once.
    """
    engine.command("TRUNCATE TABLE lines")
    engine.raw_insert("lines", ["line"], b"".join(line + b"\n" for line in lines), fmt="LineAsString")
    source, flags = SOURCES[name]
    parts: dict[str, Part] = {"lines": Sql(LINES), "source": Sql(source), "batch": Name("batch")}
    parts |= {flag: flag in flags for flag in ("several", "reasoned")}
    plain = statement("ingest/plain_records", reads_fields="reads_fields" in flags, **parts)
    texts = {"plain": plain.render(), "contract": statement("ingest/contract", **parts).render()}
    query = WRONG.replace("{columns}", COLUMNS).replace("{plain}", texts["plain"]).replace("{contract}", texts["contract"])
    wrong = engine.query(query, parameters=parameters(WINDOW)).result_rows
    assert wrong == [], [(lines[number - 1][:500], *row) for number, *row in wrong]
    found = FOUND.replace("{plain}", texts["plain"])
    ((numbers, others, records, ignored),) = engine.query(found, parameters=parameters(WINDOW)).result_rows
    assert [number for number, _ in others] == sorted({number for number, _ in others})
    assert all(base64.b64decode(text) == lines[number - 1] for number, text in others)
    blank = {number for number, line in enumerate(lines, 1) if not line.strip(b" \t\n\v\f\r")}
    assert {*numbers, *(number for number, _ in others)} | blank == set(range(1, len(lines) + 1))
    return sorted(numbers), records, ignored


def batches(chance: random.Random, records: list[bytes]) -> Iterator[bytes]:
    """Lines that hold records, most of them few; some hold none, and some have an id of their own, or a number that no double keeps."""
    left = list(records)
    while left:
        size = chance.choice((0, 1, 1, 1, 2, 3, 20))
        taken, left = left[:size], left[size:]
        taken = [line_with(event_id=f'"{chance.random()}"') if chance.random() < 0.5 else record for record in taken]
        extra = chance.choice((b"", b"", b"", b',"campaign_id":12.0', b',"event_id":7', b',"price":0.10000000000000001', b',"items":[]'))
        because = b"" if taken else chance.choice((b"", b',"because":"no imp"', b',"because":null'))
        yield b'{"items":[' + b",".join(taken) + b"]" + extra + because + b"}"


RECORDS = [*PLAIN, *(line for line in NOT_PLAIN if line.startswith(b"{")), line_with(event_id="12"), line_with(ad_id="null", country='""')]
ODD_LINES = [
    b"",
    b"  ",
    b"[]",
    b"nonsense",
    b'{"items":7}',
    b'{"items":[null,1,[]]}',
    b'{"items":[{}]}',
    b'{"items":[{}],"items":[]}',
    b"{}",
]
ODD_LINES.append(b'{"items":[],"x":"' + b"x" * (1 << 20) + b'"}')


@pytest.mark.parametrize("name", ["reasoned", "listed", *(pytest.param(name, marks=pytest.mark.slow) for name in ("events", "hidden"))])
def test_records_of_plain_lines_are_what_the_contract_makes_of_them(engine: Client, name: str) -> None:
    """A change that makes fewer lines plain would not be wrong, but slow."""
    chance = random.Random(2)
    alone = [b'{"items":[' + record + b"]}" for record in RECORDS]
    shared = list(batches(chance, [*mutated_lines(chance, 3_000), *(line for line, _ in CASES if b"\n" not in line and len(line) < 5_000)]))
    numbers, records, ignored = plain_of(engine, [*alone, *ODD_LINES, *shared], name)
    escaped, finer = 9, 10  # an id with an escape, a time of nine decimals
    assert [number for number in range(1, len(PLAIN) + 1) if number not in numbers] == [escaped, finer]
    assert records > 500
    assert ignored > (100 if "reasoned" in SOURCES[name][1] else 0)


@pytest.mark.parametrize("name", ["recast", pytest.param("event", marks=pytest.mark.slow)])
def test_events_of_plain_lines(engine: Client, name: str) -> None:
    chance = random.Random(3)
    numbers, records, _ = plain_of(engine, [*RECORDS, *ODD_LINES, *mutated_lines(chance, 4_000), *(line for line, _ in CASES)], name)
    assert len(numbers) > 800
    assert records == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", [*SOURCES])
def test_a_million_mutated_records(engine: Client, name: str, seed: int) -> None:
    chance = random.Random(1000 + seed)
    mutated = list(mutated_lines(chance, 25_000))
    plain_of(engine, list(batches(chance, mutated)) if "several" in SOURCES[name][1] else mutated, name)
