"""Leave the lines of erased people out of a batch, once it is staged: they are counted as ignored, with the reason `erased`."""

from collections.abc import Mapping

from ads_pipeline.pipeline.erasing.people import REASON, People
from ads_pipeline.pipeline.staging import RECORDS
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards


def leave_out(warehouse: Warehouse, people: People, tables: Mapping[str, Name]) -> None:
    """Take their lines, each with all its records, out of the batch's tables.

    Args:
        tables: those of the batch; `erased` has the lines afterwards.
    """
    batch, erased, records = tables["batch"], tables["erased"], {part: tables[part] for part in RECORDS}

    def find(shard: Warehouse) -> None:
        shard.run(statement("erase/lines_table", erased=erased))
        whole = Name(warehouse.connection.database)
        sql = statement("erase/lines", erased=erased, batch=batch, **records, database=whole, people=people.sql)
        shard.run(sql, **people.parameters)

    on_shards(warehouse, find)
    if not any(found_lines(warehouse, erased).values()):
        return
    _share(warehouse, erased)
    for part, column in RECORDS.items():
        sql = statement("erase/leave_out", table=tables[part], drop_column=column, erased=erased, batch=batch)
        on_shards(warehouse, lambda shard, sql=sql: shard.run(sql))  # type: ignore[misc]
    warehouse.shards[0].run(statement("erase/left_out", aside=tables["aside"], erased=erased), reason=REASON)


def found_lines(warehouse: Warehouse, erased: Name) -> dict[int, list[int]]:
    """The numbers of the lines that were found, by drop."""
    found: dict[int, set[int]] = {}
    for rows in on_shards(warehouse, lambda shard: shard.rows(statement("erase/found_lines", erased=erased))):
        for row in rows:
            found.setdefault(row["drop_no"], set()).update(row["lines"])
    return {drop_no: sorted(lines) for drop_no, lines in found.items()}


def _share(warehouse: Warehouse, erased: Name) -> None:
    """Give every shard the lines that one has found: the records of a line may be on several."""
    if len(warehouse.shards) > 1:
        rows = [[drop_no, line] for drop_no, lines in found_lines(warehouse, erased).items() for line in lines]
        for shard in warehouse.shards:
            shard.run(statement("maintenance/truncate", table=erased))
            shard.insert(erased.text, ["drop_no", "line_number"], rows)
