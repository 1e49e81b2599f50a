"""Migrations for fields of the contract that the tables do not have yet.

A migration, once it is there, is never generated again: databases may have applied it.
"""

import re
from pathlib import Path

from ads_pipeline.contract import CONTRACT_FIELDS, FIELDS, ContractField
from tools.generate.rendering import render, wrapped

_CREATED = re.compile(
    r"CREATE TABLE (?:IF NOT EXISTS )?(events|scratch_\d{4}_events|corrections) \{\{ on_cluster \}\}\n\(\n(.*?)\n\)", re.DOTALL
)
_COLUMN = re.compile(r"^    (\w+) +(.+?)(?: DEFAULT .+?)?,?$", re.MULTILINE)
_ALTERED = re.compile(
    r"^ALTER TABLE (events|corrections) (?:\{\{ on_cluster \}\} )?"
    r"(?:ADD|MODIFY) COLUMN (?:IF NOT EXISTS )?(\w+) (.+?)(?: DEFAULT \w+)?(?: AFTER \w+)?$",
    re.MULTILINE,
)
_VIEW = re.compile(r"(CREATE OR REPLACE VIEW events_current .*\nSELECT\n)(.*?)(\nFROM events FINAL\n)", re.DOTALL)


def lacking_migrations(folder: Path) -> dict[str, str]:
    """The text of each migration to be added by its path in the repository: none when tables and contract agree.

    Raises:
        ValueError: a column has another type than the contract says.
    """
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("[0-9]*.sql"))]
    columns, kept = columns_of("events", texts), columns_of("corrections", texts)
    for field in FIELDS:
        if columns.get(field.name, field.kind.column) != field.kind.column:
            raise ValueError(
                f"events.{field.name} is {columns[field.name]} by the migrations, the contract says {field.kind.column}: "
                f"write a migration that changes it"
            )
    added = {f"events_{field.name}": _column("events", field) for field in FIELDS if field.name not in columns}
    added |= {f"corrections_{field.name}": _column("corrections", field) for field in FIELDS if field.name not in kept}
    view = [text for text in texts if _VIEW.search(text)][-1]
    if current := _view(view):
        added["events_current"] = current
    first = int(max(path.name for path in folder.glob("[0-9]*.sql"))[:4]) + 1
    return {f"sql/migrations/{number:04}_{name}.sql": text for number, (name, text) in enumerate(added.items(), first)}


def columns_of(table: str, texts: list[str]) -> dict[str, str]:
    """The columns of `events`, or of `corrections`, with their types, after these migrations."""
    made = [found for text in texts for found in _CREATED.findall(text)]
    altered = [found for text in texts for found in _ALTERED.findall(text)]
    columns = {name: kind for made_as, text in made if made_as.endswith(table) for name, kind in _COLUMN.findall(text)}
    return columns | {name: kind for altered_table, name, kind in altered if altered_table == table}


def _column(table: str, field: ContractField) -> str:
    before = CONTRACT_FIELDS[CONTRACT_FIELDS.index(field.name) - 1]
    return render("events_column.sql.jinja", table=table, field=field, before=before)


def _view(newest: str) -> str:
    """The newest text of `events_current` with the columns of the contract; empty if it has them."""
    of_pipeline = ("event_date", "ids", "drop", "line_number")
    wanted = "    " + wrapped([*CONTRACT_FIELDS, *of_pipeline], 4, 4)
    found = _VIEW.search(newest)
    assert found
    return "" if found[2].split() == wanted.split() else newest.replace(found[2], wanted)
