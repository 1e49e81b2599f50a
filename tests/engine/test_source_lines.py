"""Lines are counted as they are read: a source that changes their number fails its drops, whatever the way in."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.quarantine import Selection, replay
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.pipeline.sources import source_files
from ads_pipeline.pipeline.staging.source_plans import source_plan
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event

KEEPING = {
    "computed": "SELECT *, mapApply((k, v) -> (k, if(k = 'cost', toString(JSONExtractFloat(v)), v)), fields) AS event FROM lines",
    "in_two_steps": "WITH x AS (SELECT *, fields['a'] AS y FROM lines) SELECT *, mapUpdate(fields, map('ad_id', y)) AS event FROM x",
    "sorted": "SELECT *, fields AS event FROM lines ORDER BY line",
    "always_true": "SELECT *, fields AS event FROM lines WHERE length(line) > 0",
    "looked_up": "SELECT lines.*, fields AS event FROM lines ANY LEFT JOIN (SELECT 'c1' AS c, 1 AS x) AS d ON lines.fields['ad_id'] = d.c",
}
CHANGING = {
    "filtered": "SELECT *, fields AS event FROM lines WHERE JSONExtractString(fields['event_id']) != 'e1'",
    "limited": "SELECT *, fields AS event FROM lines LIMIT 2",
    "distinct": "SELECT DISTINCT * REPLACE(1 AS line_number), fields AS event FROM lines",
    "split": "SELECT *, mapUpdate(fields, map('event_id', x)) AS event FROM lines ARRAY JOIN ['\"a\"', '\"b\"'] AS x",
    "by_function": "SELECT *, mapUpdate(fields, map('event_id', arrayJoin(['\"a\"', '\"b\"']))) AS event FROM lines",
    "twice": "SELECT *, fields AS event FROM lines UNION ALL SELECT *, fields AS event FROM lines",
    "one_for_another": "SELECT * REPLACE(greatest(line_number, 2) AS line_number), fields AS event FROM lines WHERE line_number > 0",
}

ONE_OF_EACH_KIND = ("computed", "sorted", "filtered", "split", "one_for_another")


@pytest.fixture
def home(make_home: Callable[..., Home], tmp_path: Path) -> Home:
    folder = tmp_path / "sql" / "sources"
    folder.mkdir(parents=True)
    for name, select in (KEEPING | CHANGING).items():
        (folder / f"{name}.sql").write_text(select)
    home = make_home(sql_dir=tmp_path / "sql")
    apply_changes(home.warehouse, home.settings)
    return home


@pytest.mark.further
@pytest.mark.each_engine
@pytest.mark.parametrize("names", [ONE_OF_EACH_KIND, pytest.param((*KEEPING, *CHANGING), marks=pytest.mark.slow)], ids=["some", "all"])
def test_sources_that_change_the_number_of_lines_fail_their_drops(home: Home, names: Sequence[str]) -> None:
    keeping = [name for name in names if name in KEEPING]
    for place, name in enumerate(names):
        home.land(f"{name}/a.ndjson", *(event(number, ad_id=f"a{place}") for number in range(3)), "", event(3, event_type="odd"))
        home.land(f"{name}/dt=2026-01-01/b.csv", "event_id,event_time", "x,y", *(["z,z"] * 2))
    report = home.ingest()
    assert sorted(report.errors) == sorted(
        f"{name}/{drop}"
        for name in set(names) - set(keeping)
        for drop in ("a.ndjson", "dt=2026-01-01/b.csv")
        if (name, drop) not in {("filtered", "dt=2026-01-01/b.csv")}
    )
    assert report.errors["filtered/a.ndjson"].startswith("sources/filtered.sql makes 3 lines of 4: its SELECT must pass on every line once")
    assert report.errors["split/a.ndjson"].startswith("sources/split.sql makes 8 lines of 4, 4 of them repeated")
    kept = home.ask("SELECT drop, lines, quarantined FROM drops FINAL WHERE status = 'loaded' ORDER BY drop")
    assert [(row["lines"], row["quarantined"]) for row in kept if row["drop"].endswith("ndjson")] == [(4, 1)] * len(keeping)
    assert [(row["lines"], row["quarantined"]) for row in kept if row["drop"].endswith("csv")] == [(3, 3)] * (len(keeping) + 1)
    assert home.ask("SELECT clicks FROM campaign_daily_report") == [{"clicks": 3}] * len(keeping), "each source has an id space of its own"


def test_lines_in_quarantine_are_not_lost_by_such_a_source(home: Home, tmp_path: Path) -> None:
    home.land("sorted/a.ndjson", event(1), event(2, event_type="odd"), event(3, event_type="odd"))
    assert home.ingest().counts.quarantined == 2
    (tmp_path / "sql" / "sources" / "sorted.sql").write_text(
        "SELECT *, mapUpdate(fields, map('event_type', '\"click\"')) AS event FROM lines LIMIT 1"
    )
    with pytest.raises(UsageError, match=r"a\.ndjson cannot be judged again: sources/sorted\.sql makes 1 lines of 2"):
        replay(begin_run(home.warehouse, home.settings), Selection())
    (tmp_path / "sql" / "sources" / "sorted.sql").write_text(
        "SELECT *, mapUpdate(fields, map('event_type', '\"click\"')) AS event FROM lines ORDER BY line DESC"
    )
    assert replay(begin_run(home.warehouse, home.settings), Selection()).accepted == 2
    assert home.ask("SELECT clicks FROM campaign_daily_report") == [{"clicks": 3}]


def test_the_shipped_sources_are_not_counted(home: Home) -> None:
    shipped = {name: sql for name, sql in source_files(home.settings).items() if name not in KEEPING | CHANGING}
    assert shipped
    assert all(source_plan(home.warehouse, sql).keeps_lines for sql in shipped.values())
    assert source_plan(home.warehouse, Sql(KEEPING["in_two_steps"])).keeps_lines
    assert not source_plan(home.warehouse, Sql(KEEPING["sorted"])).keeps_lines


WRONG = [
    "SELEC *, fields AS event FROM lines",
    "SELECT *, nope AS event FROM lines",
    "SELECT * FROM lines",
    "SELECT *, nope(fields) AS event FROM lines",
    "SELECT *, lower(fields) AS event FROM lines",
]


def wrong() -> Iterator[Any]:
    """Each of them in lines of JSON, and in CSV; one of both by default."""
    for form in ("ndjson", "csv"):
        for place, select in enumerate(WRONG):
            yield pytest.param(select, form, marks=[pytest.mark.slow] * (form == "csv" and place != 2))


@pytest.mark.parametrize(("select", "form"), list(wrong()))
def test_a_source_that_cannot_be_run_is_named_and_its_drops_load_when_it_is_fixed(
    home: Home, tmp_path: Path, select: str, form: str
) -> None:
    file = tmp_path / "sql" / "sources" / "broken.sql"
    file.write_text(select)
    found = event(1)
    lines = [found] if form == "ndjson" else [",".join(found), ",".join(found.values())]
    home.land(f"broken/a.{form}", *lines)
    error = home.ingest().errors[f"broken/a.{form}"]
    assert re.match(r"sql/sources/broken\.sql(, line 1,)? cannot be run: ", error)
    assert error.endswith("; fix it, and the next ingest tries this drop again")
    file.write_text("SELECT *, fields AS event FROM lines")
    assert home.ingest().counts.accepted == 1


def test_a_header_line_that_cannot_be_used_fails_the_drops_of_its_source_alone(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "sql" / "sources" / "shop.sql"
    file.write_text("-- ids: a b\nSELECT *, fields AS event FROM lines")
    home.land("shop/a.ndjson", event(1))
    home.land("events/b.ndjson", event(2))
    report = home.ingest()
    assert report.counts.accepted == 1
    assert report.errors["shop/a.ndjson"].startswith("sql/sources/shop.sql, line 1: ids: 'a b' cannot be an id space; ")
    file.write_text(
        "-- time zone: Europe/Berlin\nSELECT *, mapUpdate(fields, map('campaign_id', toJSONString(time_zone))) AS event FROM lines"
    )
    assert home.ingest().counts.accepted == 1
    assert home.ask("SELECT campaign_id FROM events WHERE drop = 'shop/a.ndjson'") == [{"campaign_id": "Europe/Berlin"}]
