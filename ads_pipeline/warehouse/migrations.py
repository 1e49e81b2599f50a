"""Migrations: the files `sql/migrations/NNNN_name.sql`, applied once each, in order, and never edited afterwards."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ads_pipeline.errors import SettingsError
from ads_pipeline.warehouse.statements import Sql, collection, statement
from ads_pipeline.warehouse.warehouse import Warehouse

_FILE = re.compile(r"(\d{4})_(\w+)")
_TABLE = re.compile(r"^(?:CREATE (?:OR REPLACE )?(?:TABLE|VIEW)(?: IF NOT EXISTS)?|ALTER TABLE) (\w+)", re.MULTILINE)
_REWRITTEN = re.compile(r"^-- rewrites: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `sql/migrations`."""

    version: int
    name: str
    sql: Sql

    @property
    def made(self) -> str:
        """The table or view that its statement makes or changes."""
        found = _TABLE.search(self.sql.text)
        assert found, f"migration {self.version:04}_{self.name} names no table"
        return found[1]

    @property
    def rewrites(self) -> bool:
        """Whether it makes a table that takes the place of another one, whose rows go into it."""
        return bool(_REWRITTEN.search(self.sql.text))

    @property
    def table(self) -> str:
        """The table or view that it makes or changes, in the end."""
        found = _REWRITTEN.search(self.sql.text)
        return found[1] if found else self.made


def all_migrations() -> list[Migration]:
    """The migrations of this release, in order."""
    found = ((_FILE.fullmatch(name), sql) for name, sql in collection("migrations").items())
    return [Migration(int(match[1]), match[2], sql) for match, sql in found if match]


def pending_migrations(applied: Mapping[int, tuple[str, str]], exists: Callable[[Migration], bool]) -> list[Migration]:
    """The migrations that a database lacks, in order: those not applied, and those whose table is gone.

    Args:
        applied: name and checksum of those applied, by version.
        exists: whether the table of a migration exists.

    Raises:
        SettingsError: an applied file was edited, or the database is newer than this release.
    """
    shipped = {migration.version: migration for migration in all_migrations()}
    for version, (name, checksum) in applied.items():
        if version not in shipped:
            raise SettingsError(f"the database has migration {version:04} ({name}), which this release lacks: install a newer release")
        if shipped[version].sql.checksum != checksum:
            raise SettingsError(
                f"migration {version:04}_{name}.sql was edited after it was applied: restore it, and put the change in a new file"
            )
    return [migration for version, migration in sorted(shipped.items()) if version not in applied or not exists(migration)]


def create_ledger(warehouse: Warehouse) -> None:
    """Make the table of applied migrations; run again: no change."""
    warehouse.run(statement("migrations/ledger"))


def apply_migration(warehouse: Warehouse, migration: Migration) -> None:
    """Apply a migration and write down that it is applied; it can be run again after a crash."""
    (warehouse if migration.sql.is_everywhere else warehouse.ddl).run(migration.sql)
    note_applied(warehouse, migration)


def note_applied(warehouse: Warehouse, migration: Migration) -> None:
    """Write down that a migration is applied."""
    warehouse.insert("schema_migrations", ["version", "name", "checksum"], [[migration.version, migration.name, migration.sql.checksum]])
