"""Leave the lines of erased people out of a batch, once it is staged: they are counted as ignored, with the reason `erased`."""

from collections.abc import Mapping
from functools import partial

from ads_pipeline.pipeline.erasing.people import REASON, People
from ads_pipeline.pipeline.staging import RECORDS
from ads_pipeline.warehouse.statements import Name, of_batch, statement
from ads_pipeline.warehouse.warehouse import Warehouse, on_shards


def leave_out(warehouse: Warehouse, people: People, tables: Mapping[str, Name]) -> None:
    """Take their lines, each with all its records, out of the batch's tables.

    Args:
        tables: those of the batch; `erased` has the lines afterwards.
    """
    erased = tables["erased"]

    def find(shard: Warehouse) -> None:
        shard.run(statement("erase/lines_table", erased=erased))
        sql = of_batch("erase/lines", tables, database=Name(warehouse.connection.database), people=people.sql)
        shard.run(sql, **people.parameters)

    on_shards(warehouse, find)
    if not any(found_lines(warehouse, erased).values()):
        return
    _share(warehouse, erased)
    for part, column in RECORDS.items():
        on_shards(warehouse, partial(Warehouse.run, sql=of_batch("erase/leave_out", tables, table=tables[part], drop_column=column)))
    warehouse.shards[0].run(of_batch("erase/left_out", tables), reason=REASON)


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
