"""Calls of parts in a source become their expressions; everything else stays, and a wrong call is said with its line."""

import re

import pytest

from ads_pipeline.pipeline.parts import PartError, part_files, part_of, with_parts
from ads_pipeline.pipeline.staging.source_errors import line_of
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.statements import Sql
from tests.docs.pages import table

PARTS = {
    "twice": Sql("-- twice(value): two of it\nSELECT\n(\n    value -> value || value -- here\n) AS twice", name="parts/twice"),
    "once": Sql("-- once(value): it\nSELECT (value -> trim(value)) AS once", name="parts/once"),
    "late": Sql("SELECT (value -> arrayMap(x -> x || value, ['a'])[1]) AS late", name="parts/late"),
    "both": Sql("-- both(value, 'zone'): its time\nSELECT ((value, zone) -> twice(once(value), zone)) AS both", name="parts/both"),
    "zoned": Sql("-- zoned(value, 'zone'): its time\nSELECT ((value, zone) -> toDateTime(once(value), zone)) AS zoned", name="parts/zoned"),
    "loop": Sql("SELECT (value -> loop(value)) AS loop", name="parts/loop"),
    "wrong": Sql("SELECT 1", name="parts/wrong"),
    "dash": Sql("SELECT ('-') AS dash", name="parts/dash"),
}


def made(text: str) -> str:
    return with_parts("mine", Sql(text, name="sources/mine"), PARTS).text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SELECT once(a)", "SELECT (trim((a)))"),
        ("SELECT twice(a)", "SELECT arrayMap(value -> value || value, [a])[1]"),
        ("SELECT late(a)", "SELECT arrayMap(value -> arrayMap(x -> x || value, ['a'])[1], [a])[1]"),
        ("SELECT twice(once(f(a, b)))", "SELECT arrayMap(value -> value || value, [(trim((f(a, b))))])[1]"),
        ("SELECT zoned(a, 'UTC')", "SELECT (toDateTime((trim(((a)))), 'UTC'))"),
        ("SELECT zoned(a, {time_zone:String})", "SELECT (toDateTime((trim(((a)))), {time_zone:String}))"),
        ("SELECT once (fields['once(']) || dash()", "SELECT (trim((fields['once(']))) || ('-')"),
        ("SELECT once, 'once(a)', `once`(a), \"once(a)\" -- once(a)", "SELECT once, 'once(a)', `once`(a), \"once(a)\" -- once(a)"),
        ("WITH (x -> x) AS once SELECT once(a)", "WITH (x -> x) AS once SELECT once(a)"),
        ("WITH 1 AS one, x -> f(x, 2) AS once SELECT once(a)", "WITH 1 AS one, x -> f(x, 2) AS once SELECT once(a)"),
        ("SELECT arrayMap(x -> x, b) AS once, once(a)", "SELECT arrayMap(x -> x, b) AS once, (trim((a)))"),
        ("SELECT {{ once }}, {x:once}", "SELECT {{ once }}, {x:once}"),
    ],
)
def test_calls_become_expressions(text: str, wanted: str) -> None:
    assert re.sub(r" +", " ", made(text)) == wanted


def test_lines_stay_where_they_are() -> None:
    text = "SELECT\n    zoned(\n        once(a),\n        'UTC'\n    ) AS b,\n    twice(-- what\n        c) AS d, e\nFROM lines"
    assert made(text).count("\n") == text.count("\n")
    assert [line for line, part in enumerate(made(text).split("\n"), 1) if " AS d, e" in part] == [7]


def test_a_source_without_parts_stays_as_it_is() -> None:
    source = Sql("SELECT *, fields AS event FROM lines", name="sources/mine")
    assert with_parts("mine", source, PARTS) is source


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("once()", "once takes 1 argument, not 0: once(value)"),
        ("once(a, b)", "once takes 1 argument, not 2: once(value)"),
        ("zoned(a)", "zoned takes 2 arguments, not 1: zoned(value, 'zone')"),
        ("zoned(a, b)", "zoned: zone is a text in quotes, not 'b'"),
        ("zoned(a, 'Berlin')", "zoned: unknown time zone 'Berlin'; write an IANA name, such as 'Europe/Berlin'"),
        ("once(a", "the bracket behind 'once' is not closed"),
        ("loop(a)", "loop is made of itself"),
        ("both(a, 'UTC')", "twice takes 1 argument, not 2"),
    ],
)
def test_a_wrong_call_is_said_with_its_line(call: str, told: str) -> None:
    with pytest.raises(PartError, match=rf"^sql/sources/mine\.sql, line 3: {re.escape(told)}"):
        made(f"SELECT\n  1,\n  {call}")


def test_a_file_that_holds_no_part_is_an_error_of_those_that_call_it() -> None:
    with pytest.raises(PartError, match=r"sql/parts/wrong\.sql holds no part: write `SELECT \(value -> …\) AS wrong`"):
        made("SELECT wrong(a)")
    assert made("SELECT once(a)")


def test_the_documentation_lists_every_part_with_an_example_of_its_file() -> None:
    """An engine's test runs the examples of the files."""
    shipped = {name: part_of(name, sql) for name, sql in part_files(load_settings()).items()}
    rows = [[cell.strip("`") for cell in row] for row in table("docs/sources.md", "part")]
    assert {row[0] for row in rows} == {part.call for name, part in shipped.items() if not name.startswith("_")}
    for call, _, example, given in rows:
        assert (example, "" if given == "nothing" else given) in shipped[call.partition("(")[0]].examples


def test_every_shipped_part_says_how_it_is_called_and_has_an_example() -> None:
    for name, sql in part_files(load_settings()).items():
        part = part_of(name, sql)
        named = [f"'{parameter}'" if place else parameter for place, parameter in enumerate(part.parameters)]
        assert part.call == f"{name}({', '.join(named)})"
        assert part.examples or not part.parameters, name


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("Unknown expression identifier `feilds` in scope SELECT", 4),
        ("Function with name `mony` does not exist. In scope", 5),
        ("Syntax error: failed at position 9 (')') (line 77, col 9): ) AS event\nFROM lines\n), tokens AS. Expected one of: token", 6),
        ("Something else", None),
    ],
)
def test_the_line_of_an_error(error: str, line: int | None) -> None:
    assert (
        line_of(
            error,
            "-- mony, feilds\nSELECT\n    *, map(\n        'a', feilds['a'],\n        'b', mony(fields['b']),\n    ) AS event\nFROM lines",
        )
        == line
    )
