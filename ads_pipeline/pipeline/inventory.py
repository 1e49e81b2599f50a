"""What the database has at one moment: its tables and views as the engine lists them, the table `state`, and the migrations applied.

A run reads this once and plans by it. What exists decides, not what was noted; after a change the inventory is taken again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ads_pipeline.pipeline.rollup_facts import Facts, kept_in
from ads_pipeline.pipeline.rollups import Rollup, made_rollup, rollup_files
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.statements import SYNCED, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards

_MARK = re.compile(r"(?:rollup|report) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view.

    Args:
        types: the types of its columns by name, in order.
        definition: the statement that creates it.
        synced: whether its parts are synced to disk, or need not be.
        everywhere: whether it is the same on every shard.
    """

    engine: str
    comment: str
    types: dict[str, str]
    definition: str = field(default="", compare=False)
    synced: bool = field(default=True, compare=False)
    everywhere: bool = True

    @property
    def checksum(self) -> str:
        """The checksum of the SELECT that its comment says it was made of; empty without one."""
        found = _MARK.fullmatch(self.comment)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the database has.

    Args:
        shards: tables and views of the shards, by name.
        whole: those that show all shards; the same as `shards`, except on a cluster.
        leftovers: scratch tables of runs that died, by the connection to where they are.
        facts: the table `state`.
        applied: the migrations applied: name and checksum by version.
    """

    shards: Mapping[str, Table]
    whole: Mapping[str, Table]
    leftovers: Mapping[Connection, tuple[str, ...]]
    facts: Facts
    applied: Mapping[int, tuple[str, str]]

    @property
    def marked_rollups(self) -> set[str]:
        """Names of rollups that have a table or view whose comment says so."""
        marked = [(name, table) for name, table in self.shards.items() if table.comment.startswith("rollup ") and table.checksum]
        return {name.removesuffix("_view") if table.engine == "MaterializedView" else name for name, table in marked}


def take_inventory(warehouse: Warehouse) -> Inventory:
    """Read what the database has, on every shard; it may not exist yet."""
    topology = warehouse.topology
    of_shards = on_shards(warehouse, lambda shard: _tables(shard.connection))
    found = dict(zip(topology.shards, of_shards, strict=True))
    for connection in dict.fromkeys((topology.whole, *topology.all_connections)):
        if connection not in found:
            found[connection] = _tables(connection)
    whole = found[topology.whole]
    scratch = {connection: tuple(filter(_is_scratch, found[connection])) for connection in topology.all_connections}
    leftovers = {connection: names for connection, names in scratch.items() if names}
    facts, applied = _facts(warehouse, whole)
    return Inventory(_joined([_lasting(tables) for tables in of_shards]), _lasting(whole), leftovers, facts, applied)


def _tables(connection: Connection) -> dict[str, Table]:
    rows = connection.rows(statement("queries/tables"), synced=SYNCED)
    return {row["name"]: Table(row["engine"], row["comment"], _types(row), row["definition"], bool(row["synced"])) for row in rows}


def _types(row: dict[str, Any]) -> dict[str, str]:
    return dict(zip(row["names"], row["types"], strict=True))


def _is_scratch(name: str) -> bool:
    return name.startswith("scratch_")


def _lasting(tables: Mapping[str, Table]) -> dict[str, Table]:
    return {name: table for name, table in tables.items() if not _is_scratch(name)}


def _joined(of_shards: list[dict[str, Table]]) -> dict[str, Table]:
    """The tables of all shards; a table that differs between shards, or is missing on one, is not `everywhere`."""
    joined = {name: table for tables in of_shards for name, table in tables.items()}
    alike = {name for name, table in joined.items() if all(tables.get(name) == table for tables in of_shards)}
    return {name: table if name in alike else replace(table, everywhere=False) for name, table in joined.items()}


def _facts(warehouse: Warehouse, tables: Mapping[str, Table]) -> tuple[Facts, dict[int, tuple[str, str]]]:
    if "state" in tables:
        row = warehouse.rows(statement("queries/facts"))[0]
        return dict(row["facts"]), {version: (name, checksum) for version, name, checksum in row["applied"]}
    if "schema_migrations" in tables:
        return {}, {row["version"]: (row["name"], row["checksum"]) for row in warehouse.rows(statement("migrations/applied"))}
    return {}, {}


def kept_rollups(warehouse: Warehouse, settings: Settings, inventory: Inventory) -> list[Rollup]:
    """Every rollup that is kept, as it was made, whether its file is here or not; those set apart are left out."""
    kept, whole = kept_in(inventory.facts, rollup_files(settings)), inventory.whole
    return [
        Rollup(name, select, whole[name].types) if name in whole else made_rollup(warehouse, name, select) for name, select in kept.items()
    ]
