"""What a query of a rollup asks the engine: names are checked, values are parameters."""

from datetime import date

import pytest

from ads_pipeline.days import LATEST_DAY
from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.query import RollupQuery, parse_conditions, parse_names, plan_query
from ads_pipeline.pipeline.rollups import Rollup, merged_select, report_select
from ads_pipeline.warehouse.statements import Name, Sql

COUNT, MONEY = "SimpleAggregateFunction(sum, UInt64)", "SimpleAggregateFunction(sum, Decimal(38, 6))"
ROLLUP = Rollup(
    "daily",
    Sql("SELECT 1"),
    {
        "event_date": "Date",
        "country": "LowCardinality(String)",
        "impressions": COUNT,
        "clicks": COUNT,
        "cost": MONEY,
        "users": "AggregateFunction(uniq, String)",
    },
)
SOUND = "WHERE event_date NOT IN (SELECT event_date FROM doubtful_days)"
RANGE = "AND event_date BETWEEN {first:Date} AND {last:Date}"
CTR = "toFloat64(`clicks`) * 1 / nullIf(toFloat64(`impressions`), 0) AS `ctr`"


def text(sql: Sql | RollupQuery) -> str:
    """A query on one line, without its heading."""
    lines = (sql.sql if isinstance(sql, RollupQuery) else sql).render().splitlines()
    return " ".join(" ".join(line for line in lines if not line.startswith("--")).split())


def test_by_default_all_is_shown_in_the_order_of_the_dimensions() -> None:
    query = plan_query(ROLLUP)
    assert query.columns == ("event_date", "country", "impressions", "clicks", "cost", "users", "ctr", "cpm", "cpc")
    assert query.parameters == {"first": date(1970, 1, 1), "last": LATEST_DAY}
    assert text(query).endswith(f"AS rollup {SOUND} {RANGE} GROUP BY `event_date`, `country`) ORDER BY `event_date`, `country`")


def test_a_ratio_is_of_merged_metrics_that_need_not_be_shown() -> None:
    query = plan_query(ROLLUP, by=["country"], metrics=["ctr", "users"])
    merged = "`sum`(`clicks`) AS `clicks`, `sum`(`impressions`) AS `impressions`, `uniqMerge`(`users`) AS `users`"
    assert text(query) == (
        f"SELECT `country`, {CTR}, `users` FROM (SELECT `country`, {merged} FROM `daily` AS rollup {SOUND} {RANGE} "
        "GROUP BY `country`) ORDER BY `country`"
    )


def test_without_dimensions_there_is_one_row_of_totals() -> None:
    query = plan_query(ROLLUP, by=[], metrics=["clicks"])
    assert text(query) == f"SELECT `clicks` FROM (SELECT `sum`(`clicks`) AS `clicks` FROM `daily` AS rollup {SOUND} {RANGE} )"


def test_without_metrics_there_are_the_dimensions() -> None:
    assert text(plan_query(ROLLUP, by=["country"], metrics=[])).startswith("SELECT `country` FROM (SELECT `country` FROM `daily` ")


def test_values_are_parameters() -> None:
    evil = "'); DROP TABLE events; -- {{ fence }}"
    query = plan_query(ROLLUP, date(2026, 11, 1), date(2026, 11, 7), where={"country": ["DE", evil], "event_date": ["2026-11-02"]}, limit=3)
    assert query.parameters == {
        "first": date(2026, 11, 1),
        "last": date(2026, 11, 7),
        "values_0": ["DE", evil],
        "values_1": ["2026-11-02"],
        "limit": 3,
    }
    assert "AND toString(`country`) IN {values_0:Array(String)} AND toString(`event_date`) IN {values_1:Array(String)} GROUP" in text(query)
    assert text(query).endswith("LIMIT {limit:UInt64}")
    assert "DROP" not in text(query)


@pytest.mark.parametrize(
    ("order", "sorted_by"),
    [
        (["-clicks"], "`clicks` DESC"),
        (["clicks desc", "country"], "`clicks` DESC, `country`"),
        ([" country ASC "], "`country`"),
        (["-clicks desc"], "`clicks` DESC"),
    ],
)
def test_order(order: list[str], sorted_by: str) -> None:
    assert text(plan_query(ROLLUP, order_by=order)).endswith(f" ORDER BY {sorted_by}")


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"by": ["planet"]}, "unknown dimension 'planet' of daily; there are: event_date, country"),
        ({"by": ["clicks"]}, "unknown dimension 'clicks' of daily"),
        ({"metrics": ["roas"]}, "unknown metric 'roas' of daily; there are: impressions, clicks, cost, users, ctr"),
        ({"where": {"clicks": ["1"]}}, "unknown dimension 'clicks' of daily"),
        ({"where": {"country) OR (1": ["1"]}}, "unknown dimension"),
        ({"order_by": ["cost; DROP"]}, "write a column, or `column desc`"),
        ({"order_by": [""]}, "unknown column to order by ''"),
        ({"by": ["country"], "metrics": ["clicks"], "order_by": ["cost"]}, "unknown column to order by 'cost'; there are: country, clicks"),
        ({"by": [], "metrics": []}, "nothing to show"),
    ],
)
def test_unknown_names_are_refused(wanted: dict[str, object], error: str) -> None:
    with pytest.raises(UsageError) as refused:
        plan_query(ROLLUP, **wanted)  # type: ignore[arg-type]
    assert error in str(refused.value)


def test_what_is_named_twice_is_shown_once() -> None:
    assert plan_query(ROLLUP, by=["country", "country"], metrics=["clicks", "clicks"]).columns == ("country", "clicks")


def test_one_day_of_another_table_of_the_rollups_shape() -> None:
    select = text(merged_select(ROLLUP, (), ("clicks",), table=Name("scratch"), of_day=True))
    assert select == "SELECT `clicks` FROM (SELECT `sum`(`clicks`) AS `clicks` FROM `scratch` AS rollup WHERE event_date = {day:Date} )"


def test_reports_of_the_field_are_not_made_anew() -> None:
    """A report view names the checksum of its SELECT: another one would make every home renew its views."""
    assert report_select(ROLLUP).checksum == "ea65128dc92c9eb848c225b640373b5248d0e498d2638aef69e54f1cefe7c066"


def test_names_and_conditions_as_people_write_them() -> None:
    assert parse_names(None) is None
    assert parse_names(" a, b,,") == ["a", "b"]
    assert parse_names("") == []
    assert parse_conditions(["a=1", "b=x=y", " a =2", "a="]) == {"a": ["1", "2", ""], "b": ["x=y"]}
    with pytest.raises(UsageError, match="COL=VALUE"):
        parse_conditions(["a"])
