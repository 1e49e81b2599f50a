"""Metadata that people look at in the UI."""

import re
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ads_pipeline.pipeline.quality import CheckResult
from ads_pipeline.text import visible

LONGEST_LINE = 120


def table_schema(types: Mapping[str, str]) -> dg.TableSchema:
    """Columns and their types."""
    return dg.TableSchema([dg.TableColumn(name, kind) for name, kind in types.items()])


def why_of(asset: str, result: CheckResult) -> dict[str, dg.MarkdownMetadataValue]:
    """How to take apart the days that a failed check of a rollup names."""
    days = [text for text in result.sample if re.fullmatch(r"\d{4}-\d\d-\d\d", text)]
    if result.passed or asset == "events" or not days:
        return {}
    return {"why": dg.MetadataValue.md("\n".join(f"    ads why {asset} --day {day}" for day in days))}


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
