"""Metadata that people look at in the UI."""

import re
from typing import Any

import dagster as dg

from ads_pipeline.text import visible
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse

LONGEST_LINE = 120


def column_schema(warehouse: Warehouse, table: str) -> dg.TableSchema:
    """A table's columns and types."""
    columns = warehouse.rows(statement("queries/describe", select=statement("queries/all_of", table=Name(table))))
    return dg.TableSchema([dg.TableColumn(column["name"], column["type"]) for column in columns])


def refused_lines(lines: list[dict[str, Any]]) -> dg.MarkdownMetadataValue:
    """Refused lines as a table, each line cut short."""
    rows = [[line["drop"], line["line_number"], ", ".join(line["reasons"]), _short(line["line"])] for line in lines]
    table = ["drop | line | reasons | text", "--- | --- | --- | ---", *(" | ".join(map(_cell, row)) for row in rows)]
    return dg.MetadataValue.md("\n".join(f"| {row} |" for row in table) if rows else "none")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + "…"


def _cell(value: Any) -> str:
    """A cell in which nothing is markup: an HTML entity stands for all but letters, digits and spaces."""
    return re.sub(r"[^\w ]|_", lambda found: f"&#{ord(found[0])};", visible(str(value)))
