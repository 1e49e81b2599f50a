"""Backups of the database: made between two runs, restored in place of what is there.

A server copies itself, by its own BACKUP, into a bucket or a folder of its own. An embedded engine's folder is copied while no
process has it. The landing store is not part of it: what has landed since a backup is loaded by the next run after its restore.
"""

import logging
import re
import shutil
from pathlib import Path
from typing import Any

from ads_pipeline.durable import make_folder, sync
from ads_pipeline.errors import EngineError, UsageError
from ads_pipeline.pipeline.run import open_run
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.dsn import parse_dsn
from ads_pipeline.warehouse.folder import embedded_folder, holding
from ads_pipeline.warehouse.http import connect_http
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Name, Sql, statement

log = logging.getLogger(__name__)

COLLECTION = "backups"
"""The named collection of a server that says where backups go."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def make_backup(settings: Settings, name: str, place: str = "") -> None:
    """Back the database up; waits for a run that writes. The backup is complete when this returns, and nothing is left of one that fails.

    Args:
        name: of the backup, in its place.
        place: a folder (of the server, if there is one; a path begins with `/`), or a named collection of the server;
            empty: `backups` under `ADS_HOME`, or the collection `backups`.

    Raises:
        UsageError: the name cannot be one or is taken, or the place cannot be used.
        EngineError: the server could not make it; its reason.
    """
    _check(settings, name)
    if settings.is_embedded:
        folder = _folder_of(settings, place) / name
        if folder.exists():
            raise UsageError(f"{folder} exists: choose another name")
        source = embedded_folder(settings.dsn)
        if not source.is_dir():
            raise UsageError(f"there is nothing to back up: {source} does not exist")
        with holding(source):
            _copy(source, folder)
    else:
        where, values = _place(settings, name, place)
        with open_run(settings) as run:
            run.warehouse.run(statement("maintenance/backup", database=Name(settings.database), place=where), **values)
    log.info("backed up %s as %s", settings.database, name)


def restore_backup(settings: Settings, name: str, place: str = "") -> None:
    """Replace the database by that of a backup; waits for a run that writes. One that cannot be read changes nothing.

    Stop what starts runs before. Arguments and errors as of `make_backup`.
    """
    _check(settings, name)
    if settings.is_embedded:
        folder, target = _folder_of(settings, place) / name, embedded_folder(settings.dsn)
        if not folder.is_dir():
            raise UsageError(f"there is no backup {folder}")
        with holding(target):
            _replace(folder, target)
        return
    with open_warehouse(settings, write=True):
        log.debug("no run writes")
    where, values = _place(settings, name, place)
    # the lease is in the database that is dropped
    with connect_http(parse_dsn(settings.dsn), "default") as connection:
        _restore(connection, settings.database, where, values)


def _restore(connection: Connection, database: str, where: Sql, values: dict[str, Any]) -> None:
    """Restore under another name first: a backup that cannot be read costs nothing. Views name tables, so that one is not renamed."""
    beside = Name(f"{database}_restored")
    for name in (beside, Name(database)):
        connection.run(statement("maintenance/drop_database", database=name))
        connection.run(statement("maintenance/restore", database=Name(database), target=name, place=where), **values)
    connection.run(statement("maintenance/drop_database", database=beside))
    connection.run(statement("maintenance/forget_parts", database=Name(database)))


def _check(settings: Settings, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a backup's name: use up to 128 letters, digits, '_', '.' and '-'")
    if settings.cluster:
        raise UsageError("backups of a cluster are not made here: use BACKUP … ON CLUSTER, or load its drops again (docs/deploy.md)")


def _folder_of(settings: Settings, place: str) -> Path:
    return Path(place) if place else settings.home.absolute() / "backups"


def _place(settings: Settings, name: str, place: str) -> tuple[Sql, dict[str, Any]]:
    """Where a server keeps a backup, and the parameters of that."""
    if place.startswith("/"):
        return statement("maintenance/backup_folder"), {"path": f"{place.rstrip('/')}/{name}"}
    place = place or COLLECTION
    if not _COLLECTION.fullmatch(place):
        raise UsageError(f"{place!r} is no place for backups: write a folder of the server, such as /backups, or the name of a collection")
    return statement("maintenance/backup_bucket", collection=Name(place)), {"name": name}


def _copy(source: Path, target: Path) -> None:
    """Copy a folder, durably; the target is there when it is whole."""
    upcoming = target.with_name(f".{target.name}.copying")
    make_folder(target.parent)
    shutil.rmtree(upcoming, ignore_errors=True)
    try:
        shutil.copytree(source, upcoming, symlinks=True, ignore=shutil.ignore_patterns("status"))
        for path in (upcoming, *upcoming.rglob("*")):
            if not path.is_symlink():
                sync(path)
        upcoming.rename(target)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(upcoming, ignore_errors=True)
        raise EngineError(f"{source} cannot be copied to {target}: {error}") from error
    sync(target.parent)


def _replace(source: Path, target: Path) -> None:
    """Put a copy of a folder in the place of another, which is moved aside until the copy is there."""
    fresh, old = target.with_name(f"{target.name}.restored"), target.with_name(f"{target.name}.replaced")
    for path in (fresh, old):
        shutil.rmtree(path, ignore_errors=True)
    _copy(source, fresh)
    target.rename(old)
    fresh.rename(target)
    sync(target.parent)
    shutil.rmtree(old)
