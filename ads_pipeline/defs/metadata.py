"""Metadata that people look at in the UI: what every asset says of itself, and how data is shown there."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from ads_pipeline.pipeline.quality import CheckResult
from ads_pipeline.settings import Settings
from ads_pipeline.text import visible

LONGEST_LINE = 120


def table_schema(types: Mapping[str, str], meanings: Mapping[str, str]) -> dg.TableSchema:
    """Columns with their types and what they mean; a column that nobody has described has no description."""
    return dg.TableSchema([dg.TableColumn(name, kind, meanings.get(name)) for name, kind in types.items()])


def table_metadata(settings: Settings, table: str, *files: Path) -> dict[str, Any]:
    """The name of a table in the engine, and the SQL files that it is made by."""
    references = [dg.LocalFileCodeReference(file_path=str(path), line_number=1, label=path.name) for path in files]
    return {
        "dagster/table_name": f"{settings.database}.{table}",
        "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=list(references)),
    }


def owners(settings: Settings, named: list[str] | None = None) -> list[str]:
    """Those that an SQL file names, else those of the settings."""
    return named or settings.asset_owners.replace(",", " ").split()


def data_freshness(settings: Settings) -> dg.FreshnessPolicy | None:
    """Of what is materialized when data comes: against the clock, as the check `recent`."""
    within = settings.fresh_within
    return dg.FreshnessPolicy.time_window(fail_window=within) if within >= timedelta(minutes=1) else None


def told(result: CheckResult, description: str, remedy: str) -> str:
    """What a check found in one sentence: why it failed, and what to do."""
    if result.passed:
        return description
    found = "; ".join(map(visible, result.sample)) or f"{result.observed:g} observed"
    return f"{found}. {remedy[:1].upper()}{remedy[1:]}" if remedy else found


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
