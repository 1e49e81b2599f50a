"""Names for values: a file, taken over by the next run as a whole, shown beside the values, and joined in SQL."""

import json
import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.pipeline.breakdown import Extras
from ads_pipeline.pipeline.changes import plan_changes
from ads_pipeline.pipeline.lookups import named_dimensions
from ads_pipeline.pipeline.query import plan_query, run_raw
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.pipeline.run import RefusedError, apply_changes, begin_run
from ads_pipeline.warehouse.statements import Sql
from tests.engine.conftest import Home, event

DAY = "2026-11-10"


@pytest.fixture
def named(make_home: Callable[..., Home], tmp_path: Path) -> Home:
    """A home with names for campaigns, and events of two of them and of one without a name."""
    write(tmp_path, "key,name\nc1,Spring\nc2,=1+1\nc9,None of these\n")
    home = make_home(retention_days=0, sql_dir=tmp_path / "sql")
    apply_changes(home.warehouse, home.settings)
    home.land("a.ndjson", *(event(number, day=DAY, campaign_id=f"c{number}", cost=number, user_id=f"u{number}") for number in (1, 2, 3)))
    home.ingest()
    return home


def write(folder: Path, text: str) -> None:
    (folder / "sql" / "lookups").mkdir(parents=True, exist_ok=True)
    (folder / "sql" / "lookups" / "campaign_id.csv").write_text(text)


def rows(home: Home, **wanted: Any) -> list[dict[str, Any]]:
    rollup = find_rollup(home.warehouse, home.settings, "campaign_daily")
    wanted = {"by": ["campaign_id"], "metrics": ["cost"]} | wanted
    plan = plan_query(rollup, date(2026, 11, 10), date(2026, 11, 10), named=named_dimensions(home.warehouse), **wanted)
    found: list[dict[str, Any]] = json.loads(run_raw(home.warehouse, plan, "json"))
    assert all(tuple(row) == plan.columns for row in found)
    return found


def names(home: Home, **wanted: Any) -> list[str]:
    return [row["campaign_id_name"] for row in rows(home, **wanted)]


@pytest.mark.each_engine
def test_names_stand_beside_values_in_the_order_asked_for(named: Home) -> None:
    assert rows(named, order_by=["-cost"]) == [
        {"campaign_id": "c3", "campaign_id_name": "", "cost": 3},
        {"campaign_id": "c2", "campaign_id_name": "=1+1", "cost": 2},
        {"campaign_id": "c1", "campaign_id_name": "Spring", "cost": 1},
    ]
    assert names(named, spreadsheet=True) == ["Spring", "'=1+1", ""]
    ranked = rows(named, order_by=["-cost"], limit=1, extras=Extras(other=True, totals=True))
    assert [(row["part"], row["campaign_id_name"], row["cost"]) for row in ranked] == [("row", "", 3), ("other", "", 3), ("total", "", 6)]
    assert "campaign_id_name" not in rows(named, by=["ad_id"])[0]
    joined = """SELECT name, sum(cost) AS spent FROM campaign_daily_report
        JOIN lookup_names ON dimension = 'campaign_id' AND key = campaign_id GROUP BY name ORDER BY name"""
    assert [(row["name"], float(row["spent"])) for row in named.ask(joined)] == [("=1+1", 2.0), ("Spring", 1.0)]


@pytest.mark.each_engine
def test_a_file_that_changes_is_taken_over_whole_and_a_wrong_one_changes_nothing(
    named: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert plan_changes(named.warehouse, named.settings) == []
    write(tmp_path, "key,name\nc3,Autumn\n")
    assert [change.kind for change in plan_changes(named.warehouse, named.settings)] == ["lookup"]
    begin_run(named.warehouse, named.settings)
    assert names(named) == ["", "", "Autumn"]
    write(tmp_path, "key,name\nc1,One\nc1,Two\n")
    logging.getLogger("ads_pipeline").propagate = True
    named.land("b.ndjson", event(4, day=DAY, campaign_id="c4"))
    assert named.ingest().counts.accepted == 1  # it is no reason to stop loading
    assert "has the key 'c1' in lines 2 and 3" in caplog.text
    with pytest.raises(RefusedError, match=r"^lookup campaign_id: .* has the key 'c1'"):
        apply_changes(named.warehouse, named.settings)
    assert names(named) == ["", "", "Autumn", ""]
    write(tmp_path, "key,name\n")
    apply_changes(named.warehouse, named.settings)
    assert named_dimensions(named.warehouse) == {}
    assert "campaign_id_name" not in rows(named)[0]


def test_a_table_of_names_that_is_gone_is_made_and_filled_again(named: Home) -> None:
    named.warehouse.run(Sql("DROP TABLE lookups {{ on_cluster }} SYNC", {}))
    begin_run(named.warehouse, named.settings)
    assert names(named) == ["Spring", "=1+1", ""]
