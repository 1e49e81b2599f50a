"""Backups: a copy of the database, made by the server itself into a bucket while no run writes."""

import logging
import re
import time

from ads_pipeline.errors import AdsError, EngineError, UsageError
from ads_pipeline.pipeline.run import Run
from ads_pipeline.warehouse.statements import Name, statement

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between looks at a backup under way."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")


def make_backup(run: Run, name: str, collection: str) -> int:
    """Back the database up; it has been when this returns. Returns the size in bytes.

    The run holds the right to write, so the copy is of one moment between two runs.

    Args:
        name: of the backup: a folder in the bucket.
        collection: a named collection of the server, with the bucket's URL and credentials.

    Raises:
        UsageError: the engine is embedded, or the name cannot be one.
        EngineError: the server could not make it; its reason.
    """
    if run.settings.is_embedded:
        raise UsageError("the embedded engine makes no backups: stop what uses ADS_HOME, and copy that folder")
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a backup's name: use up to 128 letters, digits, '_', '.' and '-'")
    warehouse = run.warehouse
    made = warehouse.rows(statement("maintenance/backup", database=Name(run.settings.database), collection=Name(collection)), name=name)
    while True:
        found = warehouse.rows(statement("queries/backup"), id=made[0]["id"])
        if not found:
            raise AdsError(f"the server was restarted while it made the backup {name}: make another")
        status, error = found[0]["status"], found[0]["error"]
        if status == "BACKUP_CREATED":
            log.info("backed up %s as %s, %d bytes", run.settings.database, name, found[0]["total_size"])
            return int(found[0]["total_size"])
        if status != "CREATING_BACKUP":
            raise EngineError(f"the backup {name} failed: {error.partition(', Stack trace')[0]}")
        time.sleep(LOOK)
