"""Roles of a server's users, each with what its work needs and no more; users themselves are an administrator's."""

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.rollups import all_rollups
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import NOTHING, Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

# role → what its users may do
ROLES = {
    "migrator": "`ads init`: make, change and drop tables",
    "writer": "ingest, reload, backfill, retention, quarantine: read and write, and drop no table",
    "reader": "`ads query`: read rollups, within limits and a quota",
}


def make_roles(warehouse: Warehouse, settings: Settings) -> dict[str, str]:
    """Create the roles, or update them for the present rollups. Returns what each may do, by its name on the server.

    Raises:
        UsageError: the engine is chDB, which has no users.
        EngineError: this user may not manage users.
    """
    if settings.is_embedded:
        raise UsageError("the embedded engine has no users: roles are for a server, set ADS_CLICKHOUSE_DSN")
    names = {role: Name(f"{settings.database}_{role}") for role in ROLES}
    for name in names.values():
        warehouse.run(statement("users/role", role=name))
    databases = {"database": Name(warehouse.connection.database), "local": Name(warehouse.topology.ddl.database)}
    collection = Name(settings.s3_collection) if settings.s3_collection else NOTHING
    for role in ("migrator", "writer"):
        migrates = role == "migrator"
        warehouse.run(statement("users/writer", role=names[role], migrates=migrates, collection=collection, **databases))
    rollups = tuple((rollup.table, rollup.report, rollup.stated) for rollup in all_rollups(warehouse, settings))
    warehouse.run(statement("users/reader", role=names["reader"], rollups=rollups, **databases))
    warehouse.run(statement("users/limits", role=names["reader"]))
    warehouse.run(statement("users/quota", role=names["reader"]))
    return {names[role].text: text for role, text in ROLES.items()}
