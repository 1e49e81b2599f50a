"""A home of an older release: its events are rewritten for the identity of this one, and no total changes, whenever it is killed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import SettingsError
from ads_pipeline.pipeline.changes import plan_changes
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.run import RefusedError, apply_changes
from ads_pipeline.warehouse.statements import Sql
from tests.commands import environment_of
from tests.engine.conftest import Home, event
from tests.engine.older import OLD_SELECTS, make_older

STOPPED = str(Path(__file__).with_name("stopped_run.py"))
OLD_DAY = (datetime.now(UTC).date() - timedelta(days=10)).isoformat()
TOTALS = """
SELECT
    event_date, campaign_id, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(cost) AS cost,
    uniqCombined64IfMerge(users) AS users
FROM campaign_daily GROUP BY event_date, campaign_id ORDER BY event_date, campaign_id"""
SPENT = (
    "SELECT event_date, sumMerge(spent) AS spent, sumIfMerge(clicked) AS clicked FROM spent_daily GROUP BY event_date ORDER BY event_date"
)
OWN = """SELECT event_date, sumState(cost) AS spent, sumIfState(cost, event_type = 'click') AS clicked
FROM events GROUP BY event_date"""
MEAN = "SELECT event_date, avgState({cost}) AS mean FROM events GROUP BY event_date"


def fill(home: Home) -> None:
    """Two sources, a correction, a refused line, and a day that is past the retention of a week."""
    home.land(
        "a.ndjson", event(1, cost="0.000001", user_id="u"), event(2, event_type="impression"), "refused", event(3, day=OLD_DAY, cost="7")
    )
    home.land("own/b.ndjson", event(7, cost="2.5"), event(8))
    home.ingest()
    home.land("z.ndjson", event(1, cost="0.5", user_id="u"))
    home.ingest()


def own_sql(folder: Path, **rollups: str) -> Path:
    for kind in ("sources", "rollups"):
        (folder / kind).mkdir(parents=True)
    (folder / "sources" / "own.sql").write_text("SELECT *, fields AS event FROM lines")
    for name, text in rollups.items():
        (folder / "rollups" / f"{name}.sql").write_text(text)
    return folder


def found(home: Home, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in home.ask(sql)]


def assert_sound(home: Home) -> None:
    checks = [check for check in all_checks(home.settings) if check.severity == "error"]
    assert [result for check in checks if not (result := run_check(home.warehouse, home.settings, check)).passed] == []
    assert plan_changes(home.warehouse, home.settings) == []


def test_the_shipped_rollups_follow_those_of_the_older_release(home: Home) -> None:
    texts = {name: (Path(__file__).parents[2] / "sql" / "rollups" / f"{name}.sql").read_text() for name in OLD_SELECTS}
    assert all(f"-- follows: {OLD_SELECTS[name].checksum}\n" in text for name, text in texts.items())


@pytest.fixture
def older(make_home: Callable[..., Home], tmp_path: Path) -> Home:
    home = make_home(sql_dir=own_sql(tmp_path / "own_sql", spent_daily=OWN))
    fill(home)
    make_older(home, retention_days=7)
    return make_home(sql_dir=tmp_path / "own_sql", retention_days=7)


@pytest.mark.further
@pytest.mark.each_engine
def test_the_next_ingest_rewrites_events_and_keeps_every_total(older: Home) -> None:
    before = found(older, TOTALS), found(older, SPENT)
    assert str(before[0][0][0]) == OLD_DAY
    assert [change.text for change in plan_changes(older.warehouse, older.settings) if not change.safe] == []
    older.ingest()
    assert (found(older, TOTALS), found(older, SPENT)) == before
    assert found(older, "SELECT event_id, ids, cost FROM events_current ORDER BY event_id") == [
        ("e1", "events", Decimal("0.5")),
        ("e2", "events", Decimal("0.25")),
        ("e7", "own", Decimal("2.5")),
        ("e8", "own", Decimal("0.25")),
    ]
    assert_sound(older)

    older.land("zz.ndjson", event(1, cost="0.5", user_id="u"), event(2, event_type="impression"))
    older.land("own/zz.ndjson", event(7, cost="2.5"), event(1))
    report = older.ingest()
    assert (report.counts.duplicates, report.counts.corrections, report.counts.accepted) == (3, 0, 1)
    older.land("refund.ndjson", event(9, cost="-0.000000001", quantity=40))
    older.ingest()
    assert [row[3:5] for row in found(older, TOTALS)][-1] == (44, Decimal("3.749999999"))
    assert_sound(older)


def stopped(home: Path, place: int, verb: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, STOPPED, str(home), str(place), verb, "KILL"]
    return subprocess.run(command, env=environment_of(home, **variables), capture_output=True, text=True, check=False)


@pytest.mark.further
@pytest.mark.parametrize("share", [0.3, *(pytest.param(step / 16, marks=pytest.mark.slow) for step in range(17))])
def test_killed_while_it_is_upgraded(older: Home, make_home: Callable[..., Home], tmp_path: Path, share: float) -> None:
    before = found(older, TOTALS), found(older, SPENT)
    older.warehouse.close()
    settings = {"sql_dir": str(tmp_path / "own_sql"), "retention_days": "7"}
    shutil.copytree(tmp_path / "clickhouse", tmp_path / "once" / "clickhouse", symlinks=True)
    whole = stopped(tmp_path / "once", -1, "init", **settings)
    assert whole.returncode == 0, whole.stderr
    killed = stopped(tmp_path, int(share * (int(whole.stdout) - 1)), "init", **settings)
    assert killed.returncode == -9, killed.stderr
    home = make_home(sql_dir=tmp_path / "own_sql", retention_days=7)
    home.ingest()
    assert (found(home, TOTALS), found(home, SPENT)) == before
    assert_sound(home)


@pytest.mark.further
def test_a_metric_that_cannot_be_converted_waits_for_its_former_type(make_home: Callable[..., Home], tmp_path: Path) -> None:
    home = make_home(sql_dir=own_sql(tmp_path / "own_sql", mean_daily=MEAN.format(cost="cost")))
    fill(home)
    make_older(home, retention_days=7)
    home = make_home(sql_dir=tmp_path / "own_sql", retention_days=7)
    with pytest.raises(
        RefusedError, match=r"mean_daily changes mean, which was AggregateFunction\(avg, Decimal\(18, 6\)\), and 1 of its days"
    ):
        apply_changes(home.warehouse, home.settings)
    (tmp_path / "own_sql" / "rollups" / "mean_daily.sql").write_text(MEAN.format(cost="toDecimal64(cost, 6)"))
    apply_changes(home.warehouse, home.settings)
    assert found(home, "SELECT avgMerge(mean) FROM mean_daily GROUP BY event_date ORDER BY event_date") == [(7.0,), (0.875,)]
    assert_sound(home)


@pytest.mark.further
def test_rows_lost_before_the_upgrade_are_noticed(older: Home) -> None:
    before = found(older, TOTALS)
    older.warehouse.run(Sql("ALTER TABLE events DELETE WHERE event_id = 'e1'"))
    older.ingest()
    assert found(older, TOTALS) == before
    assert_sound(older)


@pytest.mark.further
def test_a_cluster_with_events_is_refused(older: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    other = object.__new__(type(older.warehouse))
    monkeypatch.setattr(type(older.warehouse), "ddl", property(lambda self: other))
    with pytest.raises(SettingsError, match="the events of a cluster cannot be rewritten: set ADS_DATABASE to a new name"):
        plan_changes(older.warehouse, older.settings)


def test_events_that_share_an_id(home: Home, tmp_path: Path) -> None:
    """An auction's id stands in an impression, a click and a conversion; a second source numbers its own from the same."""
    kinds = [event(1, event_type=kind, cost="0.000000001") for kind in ("impression", "click", "conversion")]
    home.land("a.ndjson", *kinds)
    report = home.ingest()
    assert (report.counts.accepted, report.counts.corrections) == (3, 0)
    home.land("b.ndjson", *kinds, event(1, cost="3"))
    report = home.ingest()
    assert (report.counts.duplicates, report.counts.corrections) == (3, 1)
    row = home.ask("SELECT impressions, clicks, conversions, toString(cost) AS cost FROM campaign_daily_report")[0]
    assert json.dumps(row) == '{"impressions": 1, "clicks": 1, "conversions": 1, "cost": "3.000000002"}'
    assert_sound(home)
