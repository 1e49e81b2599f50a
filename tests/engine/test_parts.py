"""Parts on real engines: what their files promise, times against Python's own, odd texts, and sources that use them."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ads_pipeline.pipeline.parts import part_files, part_of, with_parts
from ads_pipeline.pipeline.run import apply_changes
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event

FILES = part_files(load_settings())
PARTS = {name: part_of(name, sql) for name, sql in FILES.items()}

ODD = (
    *(
        "",
        "null",
        '""',
        '"',
        '"\\',
        "NaN",
        "-",
        "()",
        "(-",
        "--5",
        "1e400",
        "9" * 400,
        "-" + "9" * 40,
        "0.",
        ".",
        "1.2.3",
        "{}",
        "[1]",
        "true",
    ),
    *("\0", "\udcff", "é€£", "1" * 19, "18446744073709551616", "9223372036854775808", "2026-13-45 99:99:99", "2026-02-29", "0000-00-00"),
    *(
        "1969-12-31 23:59:59",
        "2106-02-07 06:28:16",
        "9999-12-31",
        "2026-11-25 13:05:60",
        "2026-11-25 24:00",
        "1/1/1",
        "99/99/2026 13:00 PM",
    ),
    *(
        '"2026-11-25 0:00 am"',
        "2026-11-25 13:05 PM",
        "2026-11-25T13:05:00+99:99",
        "1,2,3",
        "1,,2",
        "$",
        "$$5",
        "5$5",
        "(5",
        "5)",
        "+-5",
        "''",
    ),
)


def ask(home: Home, select: str, **parameters: object) -> list[dict[str, object]]:
    sql = with_parts("asked", Sql(select), FILES)
    if "{time_zone" in sql.text:
        parameters["time_zone"] = "UTC"
    return home.warehouse.rows(sql, **parameters)


@pytest.mark.each_engine
def test_what_the_files_promise(home: Home) -> None:
    examples = [example for part in PARTS.values() for example in part.examples]
    columns = ", ".join(f"toString({call}) AS c{place}" for place, (call, _) in enumerate(examples))
    (found,) = ask(home, f"SELECT {columns} FROM ({LINE})")
    wrong = {call: (wanted, found[f"c{place}"]) for place, (call, wanted) in enumerate(examples) if found[f"c{place}"] != wanted}
    assert wrong == {}


LINE = """SELECT
    '{"shop":"a","order":7,"list":[{"id":"a","n":1.50},5]}' AS line, '' AS rewritten,
    CAST(JSONExtractKeysAndValuesRaw(line), 'Map(String, String)') AS fields"""
"""What parts may take of a line."""

OF_SEVERAL = {
    "first_of": "[text, text]",
    "plain_keys": "map(text, text)",
    "sums_of_a_day": "(map('event_id', text), [text, text, text], text, text)",
}
"""What parts are given that take more than one value of a line."""


@pytest.mark.each_engine
def test_no_part_throws(home: Home) -> None:
    rows = [*ODD, *(json.dumps(text) for text in ODD)]
    for name, part in PARTS.items():
        if part.parameters and not name.startswith("_"):
            more = "".join(", 'Europe/Berlin'" for _ in part.parameters[1:])
            value = OF_SEVERAL.get(name, "text")
            found = ask(
                home,
                f"SELECT count() AS n, countIf(isValidJSON(given) OR given = '') AS good FROM "
                f"(SELECT toString({name}({value}{more})) AS given FROM "
                "(SELECT arrayJoin({texts:Array(String)}) AS text, text AS line, '' AS rewritten))",
                texts=[text.replace("\0", "\x01").encode("utf-8", "replace").decode() for text in rows],
            )
            assert found[0]["n"] == len(rows)
            assert name in ("as_text", "clean", "first_of", "objects", "plain_keys", "sums_of_a_day") or found[0]["good"] == len(rows), name
            assert ask(home, f"SELECT arrayMap(text -> {name}({value}{more}), ['1', '2']) AS a FROM ({LINE})"), "within a lambda"


ZONES = (
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Asia/Kolkata",
)


@pytest.mark.parametrize("zone", [*ZONES[:2], *(pytest.param(zone, marks=pytest.mark.slow) for zone in ZONES[2:])])
def test_local_times_are_those_of_python(home: Home, zone: str) -> None:
    """Python, too, takes the first of two, and for a time that clocks skip what held before."""
    first, steps = datetime(2026, 1, 1), 365 * 48
    given = f"formatDateTime(toDateTime({int((first - datetime(1970, 1, 1)).total_seconds())} + number * 1800, 'UTC'), '%F %T', 'UTC')"
    found = ask(home, f"SELECT local_time_in({given}, '{zone}') AS time FROM numbers({steps}) ORDER BY number")
    own = [(first + timedelta(minutes=30 * step)).replace(tzinfo=ZoneInfo(zone)) for step in range(steps)]
    assert [str(row["time"]).strip('"') for row in found] == [time.isoformat(timespec="milliseconds") for time in own]


SELECT = """-- time zone: Europe/Berlin
SELECT
    *,
    map(
        'event_id', hash_id(fields), 'event_type', '"click"', 'campaign_id', clean(fields['c']),
        'event_time', local_time(
            fields['at']),
        'cost', money_comma(fields['spend']), 'revenue', micros(fields['gain']),
        'country', country(fields['land']), 'device', device(fields['kind'])) AS event
FROM lines"""


@pytest.fixture
def sourced(make_home: Callable[..., Home], tmp_path: Path) -> Callable[[str], Home]:
    def make(select: str) -> Home:
        source = tmp_path / "sql" / "sources" / "odd.sql"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(select)
        home = make_home(sql_dir=tmp_path / "sql")
        apply_changes(home.warehouse, home.settings)
        return home

    return make


def test_a_source_of_parts(sourced: Callable[[str], Home]) -> None:
    home = sourced(SELECT)
    day = event(1)["event_time"][:10]
    good = {"at": f"{day} 02:00:00", "c": " sale ", "spend": "1.234,50 €", "gain": "1500000", "land": "Germany", "kind": "iPhone"}
    home.land("odd/a.ndjson", good, good | {"spend": "1,234.50"}, good | {"at": "soon"}, good | {"c": "(not set)"}, good | {"gain": "much"})
    report = home.ingest()
    assert (report.errors, report.counts.accepted, report.counts.quarantined) == ({}, 1, 4)
    (row,) = home.ask("SELECT campaign_id, toString(cost) AS cost, toString(revenue) AS revenue, country, device FROM events FINAL")
    assert (row["campaign_id"], float(row["cost"]), float(row["revenue"])) == ("sale", 1234.5, 1.5)
    assert (row["country"], row["device"]) == ("DE", "mobile")
    held = home.ask("SELECT reasons FROM quarantine FINAL ORDER BY line_number")
    assert [row["reasons"] for row in held] == [["invalid:cost"], ["invalid:event_time"], ["missing:campaign_id"], ["invalid:revenue"]]
    assert home.ask("SELECT count() AS n FROM system.functions WHERE origin != 'System'") == [{"n": 0}]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            "money(fields['a'], 2)",
            "sql/sources/odd.sql, line 4: money takes 1 argument, not 2: money(value); fix it, and the next ingest tries",
        ),
        ("local_time_in(fields['a'], 'Mars')", "sql/sources/odd.sql, line 4: local_time_in: unknown time zone 'Mars'"),
        ("mony(fields['a'])", "sql/sources/odd.sql, line 4, cannot be run: "),
        ("money(feilds['a'])", "sql/sources/odd.sql, line 4, cannot be run: "),
        ("money(fields['a']) +", "sql/sources/odd.sql, line 4, cannot be run: "),
    ],
)
def test_a_wrong_use_is_said_with_file_and_line(sourced: Callable[[str], Home], call: str, told: str) -> None:
    home = sourced(f"SELECT\n    *,\n    map(\n        'cost', {call}) AS event\nFROM lines")
    home.land("odd/a.ndjson", {"a": 1})
    home.land("b.ndjson", event(1))
    report = home.ingest()
    assert (report.counts.accepted, list(report.errors)) == (1, ["odd/a.ndjson"])
    assert report.errors["odd/a.ndjson"].startswith(told)
