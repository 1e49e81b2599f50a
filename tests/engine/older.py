"""A home as the release before the identity with id space and type left it: its table `events`, its rollups, its migrations applied."""

from ads_pipeline.pipeline.completeness import note_table
from ads_pipeline.pipeline.making import create_rollup, remove_rollup
from ads_pipeline.pipeline.retention import EVENTS, TTL_MARGIN, enforce_retention
from ads_pipeline.pipeline.rollups import rollup_files
from ads_pipeline.warehouse.migrations import all_migrations
from ads_pipeline.warehouse.statements import Name, Sql, statement
from tests.engine.conftest import Home

REWRITING = 20
"""The migration that the older release lacks, with all after it."""

OLD_EVENTS = """
INSERT INTO older
SELECT * EXCEPT (ids, quantity, record, confirmed_line, confirmed_record)
REPLACE (CAST(cost AS Decimal(18, 6)) AS cost, CAST(revenue AS Decimal(18, 6)) AS revenue)
FROM events FINAL"""

_METRICS = """sumSimpleState(toUInt64(event_type = 'impression')) AS impressions,
    sumSimpleState(toUInt64(event_type = 'click'))      AS clicks,
    sumSimpleState(toUInt64(event_type = 'conversion')) AS conversions,
    sumSimpleState(cost)                                AS cost,
    sumSimpleState(revenue)                             AS revenue,
    uniqCombined64IfState(user_id, user_id != '')       AS users
FROM events
"""
OLD_SELECTS = {
    name: Sql(f"SELECT\n    {dimensions},\n    {_METRICS}GROUP BY {dimensions}")
    for name, dimensions in {
        "campaign_daily": "event_date, campaign_id, ad_id",
        "publisher_daily": "event_date, publisher_id, country, device",
    }.items()
}
"""The shipped SELECTs of that release, before `quantity`."""


def make_older(home: Home, *, retention_days: int) -> None:
    """Give a home that is up to date the shape of that release, and drop what is past this retention."""
    warehouse, settings = home.warehouse, home.settings
    files = rollup_files(settings)
    for name in files:
        remove_rollup(warehouse, name)
    _exchange_events(home, retention_days)
    for name, select in files.items():
        create_rollup(warehouse, settings, name, OLD_SELECTS.get(name, select))
    enforce_retention(warehouse, settings.model_copy(update={"retention_days": retention_days}))
    note_table(warehouse, EVENTS)
    warehouse.run(Sql(f"ALTER TABLE schema_migrations DELETE WHERE version >= {REWRITING}"))


def _exchange_events(home: Home, retention_days: int) -> None:
    """Make `events` by the migrations of that release, with the rows that are there."""
    run = home.warehouse.run
    older = [item.sql.render() for item in all_migrations() if item.version < REWRITING]
    for text in older:
        if "events_current" not in text and any(f"{verb} events " in text for verb in ("EXISTS", "TABLE")):
            run(Sql(text.replace("EXISTS events ", "EXISTS older ").replace("TABLE events ", "TABLE older ")))
    run(Sql(OLD_EVENTS))
    run(statement("maintenance/exchange", one=Name("older"), other=EVENTS))
    run(statement("maintenance/set_ttl", table=EVENTS, days=retention_days + TTL_MARGIN))
    run(Sql("DROP TABLE older SYNC"))
    for text in older:
        if "VIEW events_current" in text:
            run(Sql(text))
