"""Metadata that people look at in the UI."""

from typing import Any

import dagster as dg

from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.statements import Name, statement


def column_schema(warehouse: Warehouse, table: str) -> dg.TableSchema:
    """A table's columns and types."""
    columns = warehouse.rows(statement("queries/describe", select=statement("queries/all_of", table=Name(table))))
    return dg.TableSchema([dg.TableColumn(column["name"], column["type"]) for column in columns])


def refused_lines(lines: list[dict[str, Any]]) -> dg.MarkdownMetadataValue:
    """Refused lines as a table, each line cut short."""
    rows = [
        f"| {_cell(line['drop'])} | {line['line_number']} | {', '.join(line['reasons'])} | `{_cell(line['line'][:120])}` |"
        for line in lines
    ]
    return dg.MetadataValue.md("\n".join(["| drop | line | reasons | text |", "| --- | --- | --- | --- |", *rows]) if rows else "none")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'").replace("\n", " ")
