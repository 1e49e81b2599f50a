"""Open the engine that the settings name."""

from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.cluster import open_cluster
from ads_pipeline.warehouse.embedded import open_embedded
from ads_pipeline.warehouse.server import open_server


def open_warehouse(settings: Settings, *, write: bool = False, wait: float | None = None) -> Warehouse:
    """Connect to the engine that the settings name.

    Another writer, or an embedded folder in use by another process, is waited for, with a message in the log.

    Args:
        write: to change anything: the database is made when there is none, and the right to write, which one run has
            at a time, is taken. Without, statements see a database that is not there as an empty one.
        wait: seconds to wait at most; without, for ever.

    Raises:
        SettingsError: the DSN cannot be used, or the embedded engine is not installed.
        TransientError: the engine does not answer, or stayed in use.
        EngineError: the server refuses the user, or the folder cannot be opened.
    """
    if settings.is_embedded:
        return open_embedded(settings, write=write, wait=wait)
    opening = open_cluster if settings.cluster else open_server
    return opening(settings, write=write, wait=wait)
