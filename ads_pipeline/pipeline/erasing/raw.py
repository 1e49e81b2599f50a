"""Take erased people out of raw: each day is written anew without them and swapped in; its rollups are rebuilt when the run recovers."""

import uuid
from collections.abc import Collection, Mapping
from datetime import date
from functools import partial

from ads_pipeline.pipeline.erasing.people import People, known_people
from ads_pipeline.pipeline.rebuild import note_days
from ads_pipeline.pipeline.recount import ERASE
from ads_pipeline.pipeline.retention import EVENTS, ttl_days
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.partitions import await_swaps, days_in, replace_day
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards


def days_with(warehouse: Warehouse, people: People) -> dict[date, int]:
    """Event days of raw with rows of erased people, each with how many events are theirs; 0 where only replaced rows are."""
    found: dict[date, int] = {}
    sql = statement("erase/days", people=people.sql)
    for rows in on_shards(warehouse, lambda shard: shard.rows(sql, **people.parameters)):
        for row in rows:
            found[row["event_date"]] = found.get(row["event_date"], 0) + int(row["events"])
    return found


def erase_days(warehouse: Warehouse, settings: Settings, people: People, days: Collection[date]) -> None:
    """Take erased people out of days, which stay unsettled: the next recovery rebuilds their rollups, also if this run dies."""
    batch = f"{ERASE}{uuid.uuid4().hex[:12]}"
    with warehouse.tagged(batch=batch):
        note_days(warehouse, batch, days, settled=False)
        _take_out(warehouse, settings, people, days)


def finish_erasing(warehouse: Warehouse, settings: Settings, facts: Mapping[str, str], notes: Mapping[str, set[date]], kept: date) -> bool:
    """Finish the days of an `erase` that died, from the day `kept` on. Returns whether there was one."""
    begun = [days for batch, days in notes.items() if batch.startswith(ERASE)]
    days = {day for day in set[date]().union(*begun) if day >= kept}
    if days and (people := known_people(settings, facts)):
        _take_out(warehouse, settings, people, days)
    return bool(begun)


def _take_out(warehouse: Warehouse, settings: Settings, people: People, days: Collection[date]) -> None:
    on_shards(warehouse, partial(_rewrite, settings=settings, people=people, days=sorted(days)))
    warehouse.sync()
    warehouse.run(
        statement("ingest/drop_days_from_raw", of=statement("erase/counted_drops")),
        days=sorted(days),
        lacking=[],
        revision=warehouse.next_revision(),
    )


def _rewrite(shard: Warehouse, settings: Settings, people: People, days: Collection[date]) -> None:
    scratch = Name(f"scratch_{uuid.uuid4().hex[:12]}_kept_events")
    shard.run(statement("ingest/replaced_table", replaced=scratch, ttl_days=ttl_days(settings)))
    for day in days:
        shard.run(statement("maintenance/truncate", table=scratch))
        shard.run(statement("erase/kept_events", target=scratch, people=people.sql), day=day, **people.parameters)
        replace_day(shard, EVENTS, scratch, day, days_in(shard, scratch))
    shard.run(statement("maintenance/drop_tables", tables=scratch))
    await_swaps(shard, [EVENTS], list(days))
