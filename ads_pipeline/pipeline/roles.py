"""Roles of a server's users, each with what its work needs and no more; users themselves are an administrator's."""

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.rollups import all_rollups
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

# role → what its users may do, for people
ROLES = {
    "migrator": "`ads init`: make, change and drop tables",
    "writer": "ingest, reload, backfill, retention, quarantine: read and write, and drop no table",
    "reader": "`ads query`: read rollups, within limits and a quota",
}


def make_roles(warehouse: Warehouse) -> dict[str, str]:
    """Make the roles, or bring them in line with the rollups there are. Returns what each may do, by its name on the server.

    Raises:
        UsageError: the engine is chDB, which has no users.
        EngineError: this user may not manage users.
    """
    if warehouse.settings.is_embedded:
        raise UsageError("the embedded engine has no users: roles are for a server, set ADS_CLICKHOUSE_DSN")
    names = {role: Name(f"{warehouse.settings.database}_{role}") for role in ROLES}
    for role in names.values():
        warehouse.run(statement("users/role", role=role))
    databases = {"database": Name(warehouse.connection.database), "local": Name(warehouse.topology.ddl.database)}
    for role in (names["migrator"], names["writer"]):
        warehouse.run(statement("users/system", role=role))
        warehouse.run(statement("users/writer", role=role, **databases))
        if collection := warehouse.settings.s3_collection:
            warehouse.run(statement("users/collection", role=role, collection=Name(collection)))
    warehouse.run(statement("users/migrator", role=names["migrator"], **databases))
    _make_reader(warehouse, names["reader"], databases)
    return {names[role].text: text for role, text in ROLES.items()}


def _make_reader(warehouse: Warehouse, role: Name, databases: dict[str, Name]) -> None:
    warehouse.run(statement("users/reader_system", role=role))
    warehouse.run(statement("users/reader_days", role=role, database=databases["database"]))
    for rollup in all_rollups(warehouse):
        warehouse.run(statement("users/reader", role=role, table=rollup.table, report=rollup.report, **databases))
    warehouse.run(statement("users/limits", role=role))
    warehouse.run(statement("users/quota", role=role))
