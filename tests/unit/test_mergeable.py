"""Which rollups are the sum of their parts, by their text alone."""

import pytest

from ads_pipeline.pipeline.mergeable import is_mergeable, kinds_of
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.statements import Sql, collection

PLAIN = "SELECT event_date, campaign_id, sumSimpleState(cost) AS cost FROM events GROUP BY event_date, campaign_id"


@pytest.mark.parametrize(
    "select",
    [
        *(select.text for select in collection("rollups").values()),
        PLAIN.lower().replace("sumsimplestate", "sumSimpleState"),
        PLAIN + " -- LIMIT 5",
        PLAIN.replace("FROM events", "FROM events WHERE country IN ('DE', 'it''s') AND attributes['x'] != ''"),
        PLAIN.replace("campaign_id,", "upper(country) AS land,", 1).replace(", campaign_id", ", land"),
        PLAIN.replace("sumSimpleState(cost)", "uniqCombined64IfState(user_id, user_id != '')"),
    ],
)
def test_mergeable(select: str) -> None:
    assert is_mergeable(Sql(select))


@pytest.mark.parametrize(
    "select",
    [
        PLAIN + " HAVING count() > 1",
        PLAIN + " WITH TOTALS",
        PLAIN + " LIMIT 5",
        PLAIN + " ORDER BY event_date",
        PLAIN + " SETTINGS x = 1",
        PLAIN + " UNION ALL " + PLAIN,
        PLAIN + ";",
        "WITH 1 AS x " + PLAIN,
        PLAIN.replace("SELECT", "SELECT DISTINCT"),
        PLAIN.replace("SELECT", "SELECT *,"),
        PLAIN.replace("FROM events", "FROM events FINAL"),
        PLAIN.replace("FROM events", "FROM events, x"),
        PLAIN.replace("FROM events", "FROM events JOIN x USING campaign_id"),
        PLAIN.replace("FROM events", "FROM events ARRAY JOIN x"),
        PLAIN.replace("FROM events", "FROM ads.events"),
        PLAIN.replace("FROM events", "FROM events WHERE event_time > now()"),
        PLAIN.replace("FROM events", "FROM events WHERE campaign_id IN (SELECT campaign_id FROM x)"),
        PLAIN.replace("FROM events", "FROM events WHERE campaign_id IN (x)"),
        PLAIN.replace("cost)", "dictGet('d', 'rate', country))"),
        PLAIN.replace("cost)", "cost / 3)"),
        PLAIN.replace("cost)", "drop)"),
        PLAIN.replace("cost)", "*)"),
        PLAIN.replace("cost)", "cost) OVER ()"),
        PLAIN.replace("cost)", "myFunction(cost))"),
        PLAIN.replace("sumSimpleState", "quantileState"),
        PLAIN.replace("sumSimpleState", "anySimpleState"),
        PLAIN.replace("event_date,", "toDate(event_time) AS event_date,", 1),
        PLAIN.replace("campaign_id", "`campaign_id`"),
        "",
    ],
)
def test_not_mergeable_or_in_doubt(select: str) -> None:
    assert not is_mergeable(Sql(select))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("SimpleAggregateFunction(sum, UInt64)", "unsigned sum"),
        ("SimpleAggregateFunction(sum, Int128)", "sum"),
        ("SimpleAggregateFunction(sum, Decimal(38, 9))", "sum"),
        ("SimpleAggregateFunction(max, LowCardinality(String))", "same"),
        ("AggregateFunction(sum, Decimal(18, 9))", "same"),
        ("SimpleAggregateFunction(sum, Float64)", None),
        ("SimpleAggregateFunction(sum, Nullable(UInt64))", None),
        ("SimpleAggregateFunction(anyLast, String)", None),
    ],
)
def test_kinds_of_metrics(kind: str, expected: str | None) -> None:
    assert kinds_of(Rollup("r", Sql(PLAIN), {"event_date": "Date", "m": kind})) == (expected and {"m": expected})
