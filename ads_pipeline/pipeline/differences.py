"""Corrections of few events: only what they change of a rollup is added to it, and days are not computed anew.

Of the events that change, the rollup is computed as they were and as they are to be. Where a group has events on both sides, and all but
its sums is alike on both, the differences of the sums bring it to what it would be if the day were computed anew. All else (distinct users
who may be gone, groups that are new or empty, rollups that are not `mergeable`) takes all events of the day.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from ads_pipeline.pipeline.apart import blamed
from ads_pipeline.pipeline.batch import FEW, Batch
from ads_pipeline.pipeline.mergeable import SAME, SUMS, is_mergeable, kinds_of
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.statements import Names, Part, statement
from ads_pipeline.warehouse.warehouse import Warehouse

Rest = dict[str, set[date]]
"""Days of rollups (by name) that are to be computed anew."""


def add_differences(batch: Batch, shard: Warehouse, corrected: Mapping[date, int]) -> Rest:
    """Bring rollups to what they are with the batch's corrections, before these are attached to `events`; returns what is left to do.

    Args:
        corrected: how many events change, by day.
    """
    rest: Rest = {rollup.name: set(corrected) for rollup in batch.rollups}
    days = sorted(corrected.keys() - batch.unsure)
    if not days or sum(corrected.values()) > FEW:
        return rest
    fitting = [(rollup, kinds) for rollup in batch.rollups if is_mergeable(rollup.select) and (kinds := kinds_of(rollup))]
    if fitting and _both_sides(batch, shard, days):
        for rollup, kinds in fitting:
            rest[rollup.name] -= _add_to(batch, shard, rollup, kinds, days)
    return rest


def _both_sides(batch: Batch, shard: Warehouse, days: Sequence[date]) -> bool:
    """Put the events that change into two tables, as they were and as they are to be. Returns whether each is in both."""
    sides = [batch.tables[name] for name in ("former", "latter")]
    for side in sides:
        shard.run(batch.sql("side_table", side=side))
    shard.run(batch.sql("fill_latter"), days=days)
    shard.run(batch.sql("fill_former"), days=days)
    counts = [int(shard.value(statement("maintenance/row_count", table=side))) for side in sides]
    return counts[0] == counts[1]


def _add_to(batch: Batch, shard: Warehouse, rollup: Rollup, kinds: Mapping[str, str], days: Sequence[date]) -> set[date]:
    """Add what sums of a rollup differ by; returns the days on which that is all that changes."""
    sums, unsigned, same = (Names(tuple(metric for metric, its in kinds.items() if its in some)) for some in (SUMS, SUMS[1:], (SAME,)))
    states = Names(tuple(metric for metric in same.items if rollup.types[metric].startswith("Aggregate")))
    extremes = Names(tuple(metric for metric in same.items if metric not in states.items))
    parts: dict[str, Part] = {
        "columns": Names(tuple(rollup.types)), "select": rollup.select, "dimensions": Names(rollup.dimensions), "extremes": extremes,
    }  # fmt: skip
    with blamed(rollup):
        alike = set(days) - set(shard.column(batch.sql("unlike_days", **parts, states=states, unsigned=unsigned)))
        if alike and sums:
            shard.run(batch.sql("add_differences", **parts, rollup=rollup.table, sums=sums), days=sorted(alike))
    return alike


def by_days(rests: Collection[Rest], rollups: Sequence[Rollup]) -> dict[frozenset[date], list[Rollup]]:
    """What shards have left to do, as days with the rollups to compute on all of them."""
    found: defaultdict[frozenset[date], list[Rollup]] = defaultdict(list)
    for rollup in rollups:
        days = frozenset[date]().union(*(rest.get(rollup.name, ()) for rest in rests))
        if days:
            found[days].append(rollup)
    return found
