"""Lost power: every table that promises rest on is synced to disk, those that an earlier release made without it too."""

import pytest

from ads_pipeline.warehouse.statements import Name, Sql
from tests.engine.conftest import Home, event

pytestmark = pytest.mark.each_engine

WANTED = {
    "fsync_after_insert = 1",
    "fsync_part_directory = 1",
    "min_rows_to_fsync_after_merge = 1",
    "min_compressed_bytes_to_fsync_after_fetch = 1",
}
TABLES = """
SELECT name, create_table_query AS made FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND NOT startsWith(name, 'scratch_') ORDER BY name
"""


def without_sync(home: Home) -> dict[str, set[str]]:
    """Tables with the settings that they lack."""
    found = {row["name"]: {setting for setting in WANTED if setting not in row["made"]} for row in home.warehouse.ddl.rows(Sql(TABLES))}
    assert {"events", "campaign_daily"} <= set(found)
    return {name: lacking for name, lacking in found.items() if lacking}


def test_every_table_is_synced(home: Home) -> None:
    home.land("events/a.ndjson", event(1))
    home.ingest()
    assert not without_sync(home)


def test_a_table_of_an_earlier_release_is_synced_from_the_next_run_on(home: Home) -> None:
    for table in ("events", "campaign_daily"):
        reset = "ALTER TABLE {{ table }} {{ on_cluster }} RESET SETTING fsync_after_insert, fsync_part_directory"
        home.warehouse.ddl.run(Sql(reset, {}).fill(table=Name(table)))
    assert set(without_sync(home)) == {"events", "campaign_daily"}
    home.land("events/a.ndjson", event(1))
    home.ingest()
    assert not without_sync(home)
