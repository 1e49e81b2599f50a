"""Metadata that people look at in the UI."""

import re
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ads_pipeline.text import visible

LONGEST_LINE = 120


def table_schema(types: Mapping[str, str]) -> dg.TableSchema:
    """Columns and their types."""
    return dg.TableSchema([dg.TableColumn(name, kind) for name, kind in types.items()])


def refused_lines(lines: list[dict[str, Any]]) -> dg.MarkdownMetadataValue:
    """Refused lines as a table, each line cut short."""
    rows = [[line["drop"], line["line_number"], ", ".join(line["reasons"]), _short(line["line"])] for line in lines]
    table = ["drop | line | reasons | text", "--- | --- | --- | ---", *(" | ".join(map(_cell, row)) for row in rows)]
    return dg.MetadataValue.md("\n".join(f"| {row} |" for row in table) if rows else "none")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + "…"


def _cell(value: Any) -> str:
    """A cell without markup: everything but letters, digits and spaces becomes an HTML entity."""
    return re.sub(r"[^\w ]|_", lambda found: f"&#{ord(found[0])};", visible(str(value)))
