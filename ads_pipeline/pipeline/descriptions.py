"""What tables, rollups and their columns mean, for people: from the event contract and the headings of SQL files. Opens no engine."""

import re
from functools import cache
from types import MappingProxyType

from ads_pipeline.contract.event import FIELDS
from ads_pipeline.warehouse.statements import Sql, collection, template

EVENTS = "Events as they were loaded. An identity that came again has several rows until they merge: read `events_current`."
EVENTS_CURRENT = "The current row of each event, the last received, for every reader. A partition is an event day that has events."
QUARANTINE = "Refused lines, whole, each with its reasons; `ads quarantine list` shows them, `ads quarantine replay` loads them."
LANDING = "Drops: files of events, as producers land them."


def columns_of_table(table: str) -> dict[str, str]:
    """What the columns of `events` (and its views) or of `quarantine` mean, by name."""
    own = {"events": _migrated("events"), "events_current": _migrated("events"), "quarantine": _migrated("quarantine")}[table]
    return {**({} if table == "quarantine" else _contract()), **own}


def columns_of_rollup(select: Sql) -> dict[str, str]:
    """What the columns of a rollup's report mean: as its file says, else as the contract or the ratio does."""
    return {**columns_of_table("events"), **template("queries/ratio").described_columns, **select.described_columns}


def describe_rollup_file(select: Sql) -> str:
    """The heading of a rollup's file as sentences."""
    said, sentences = dict(re.findall(r"^(\w[\w ]*?): (.+)$", select.heading, re.MULTILINE)), []
    sentences += [f"One row for each {said['grain'].removeprefix('one ')}."] if "grain" in said else []
    sentences += [f"Read from {said['source']}."] if "source" in said else []
    sentences += [line for line in select.heading.splitlines() if not re.match(r"\w[\w ]*?: ", line)]
    return " ".join(sentences)


def owners_of(select: Sql) -> list[str]:
    """The owners that a rollup's file names in its heading: `-- owner: team:NAME`, or an e-mail address."""
    return re.findall(r"^owner: (\S+)$", select.heading, re.MULTILINE)


def _contract() -> dict[str, str]:
    return {field.name: field.description for field in FIELDS}


@cache
def _migrated(table: str) -> MappingProxyType[str, str]:
    """What migrations of a table say of the columns that the contract does not have."""
    found: dict[str, str] = {}
    for name, sql in collection("migrations").items():
        if re.fullmatch(rf"\d+_{table}(_.*)?", name):
            found |= sql.described_columns
    return MappingProxyType(found)
