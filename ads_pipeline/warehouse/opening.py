"""Open the database that the settings name."""

from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.chdb import connect_chdb
from ads_pipeline.warehouse.cluster import Cluster, explained
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.dsn import parse_dsn
from ads_pipeline.warehouse.folder import embedded_folder
from ads_pipeline.warehouse.http import connect_http
from ads_pipeline.warehouse.lease import Watchers, acquire
from ads_pipeline.warehouse.memory import statement_memory
from ads_pipeline.warehouse.nodes import Scope
from ads_pipeline.warehouse.statements import statement
from ads_pipeline.warehouse.topology import SingleEngine
from ads_pipeline.warehouse.warehouse import Warehouse
from ads_pipeline.warehouse.writer import FolderWriter


def open_warehouse(settings: Settings, *, write: bool = False, wait: float | None = None) -> Warehouse:
    """Connect to the engine that the settings name.

    Waits for another writer, or for another process that uses an embedded folder, and says so in the log.

    Args:
        write: needed to change anything: creates the database if it does not exist, and takes the right to write, which
            one run has at a time. Without it, statements see a database that does not exist as an empty one.
        wait: seconds to wait at most; None waits for ever.

    Raises:
        SettingsError: the DSN cannot be used, or the embedded engine is not installed.
        TransientError: the engine does not answer, or is still in use.
        EngineError: the server refuses the user, or the folder cannot be opened.
    """
    if settings.is_embedded:
        return _open_folder(settings, write=write, wait=wait)
    opening = _open_cluster if settings.cluster else _open_server
    return opening(settings, write=write, wait=wait)


def _open_folder(settings: Settings, *, write: bool, wait: float | None) -> Warehouse:
    connection = connect_chdb(embedded_folder(settings.dsn), settings.database, wait)
    connection.limit_memory(statement_memory(settings))
    connection.use_database(create=write)
    return Warehouse(SingleEngine(connection), FolderWriter(connection) if write else None)


def _open_server(settings: Settings, *, write: bool, wait: float | None) -> Warehouse:
    connection = connect_http(parse_dsn(settings.dsn), settings.database)
    connection.limit_memory(statement_memory(settings))
    warehouse = Warehouse(SingleEngine(connection))
    try:
        connection.use_database(create=write)
        if write:
            _make_lease_table(connection)
            watcher = connect_http([connection.address], settings.database)
            warehouse = Warehouse(SingleEngine(connection, watcher))
            watcher.use_database(create=False)
            _take_lease(warehouse, lambda: [watcher], settings.database, wait)
    except BaseException:
        warehouse.close()
        raise
    return warehouse


def _open_cluster(settings: Settings, *, write: bool, wait: float | None) -> Warehouse:
    cluster = Cluster(Scope(settings.cluster, settings.database, statement_memory(settings)), parse_dsn(settings.dsn))
    warehouse = Warehouse(cluster)
    try:
        if write:
            cluster.create_databases()
            _make_lease_table(cluster.whole)
            _take_lease(warehouse, lambda: cluster.watchers, settings.database, wait)
            warehouse.quiesce()  # on nodes too that came back while this waited for the lease
    except BaseException as error:
        told = explained(cluster, error)
        warehouse.close()
        if told is error:
            raise
        raise told from error
    return warehouse


def _make_lease_table(connection: Connection) -> None:
    if not connection.has_table("leases"):
        connection.run(statement("lease/table"))


def _take_lease(warehouse: Warehouse, watchers: Watchers, database: str, wait: float | None) -> None:
    """Become the one writer; statements are sent under the lease from then on."""
    lease = acquire(watchers, database, wait)
    warehouse.writer = lease
    for connection in warehouse.topology.all_connections:
        connection.guard_by(lease)
