"""Migrations: the files `sql/migrations/NNNN_name.sql`, applied once each, in order, and never edited afterwards."""

import re
from dataclasses import dataclass

from ads_pipeline.errors import SettingsError
from ads_pipeline.warehouse.statements import Sql, collection, statement
from ads_pipeline.warehouse.warehouse import Warehouse

_FILE = re.compile(r"(\d{4})_(\w+)")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `sql/migrations`."""

    version: int
    name: str
    sql: Sql


def all_migrations() -> list[Migration]:
    """The migrations of this release, in order."""
    found = ((_FILE.fullmatch(name), sql) for name, sql in collection("migrations").items())
    return [Migration(int(match[1]), match[2], sql) for match, sql in found if match]


def pending_migrations(warehouse: Warehouse) -> list[Migration]:
    """The migrations that have not been applied to this database, in order.

    Raises:
        SettingsError: an applied file was edited, or the database is newer than this release.
    """
    shipped = {migration.version: migration for migration in all_migrations()}
    applied: dict[int, dict[str, str]] = {}
    if warehouse.has_table("schema_migrations"):
        applied = {row["version"]: row for row in warehouse.rows(statement("migrations/applied"))}
    for version, row in applied.items():
        if version not in shipped:
            raise SettingsError(
                f"the database has migration {version:04} ({row['name']}), which this release lacks: install a newer release"
            )
        if shipped[version].sql.checksum != row["checksum"]:
            raise SettingsError(
                f"migration {version:04}_{row['name']}.sql was edited after it was applied: restore it, and put the change in a new file"
            )
    return [migration for version, migration in sorted(shipped.items()) if version not in applied]


def migrate(warehouse: Warehouse) -> list[Migration]:
    """Apply the pending migrations and return them. After a crash they can be applied again."""
    if not warehouse.has_table("schema_migrations"):
        warehouse.run(statement("migrations/ledger"))
    pending = pending_migrations(warehouse)
    for migration in pending:
        (warehouse if migration.sql.is_everywhere else warehouse.ddl).run(migration.sql)
        warehouse.insert(
            "schema_migrations", ["version", "name", "checksum"], [[migration.version, migration.name, migration.sql.checksum]]
        )
    return pending
