"""SQL files, found by name and completed with other SQL or names.

Values always travel as server-side parameters (`{day:Date}`). What ClickHouse takes no parameter for
(a table's name in some statements, a SELECT within a CREATE) stands in a file as `{{ part }}`, and is
filled with a checked `Name`, a whole number, or the text of another file: never with a value.

What differs between a server, a cluster and chDB stands in a file as a part of the `Dialect`, which the
warehouse that runs the statement fills: so there is one text for all of them.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from ads_pipeline.errors import UsageError

_PART = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


SYNCED = (
    "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_fetch = 1"
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The parts that the engine in use fills; as they stand here, those of one engine for itself.

    Args:
        on_cluster: in DDL behind the table's name, where it is for every node of a cluster.
        replicated: before a table engine's name: a table of which every shard has its own rows.
        everywhere: first arguments of a table engine: a table of which every node has all rows.
        fence: a condition that fails when this run may write no more.
        synced: the settings of a table whose parts are on disk when a statement that made them has ended.
    """

    on_cluster: str = ""
    replicated: str = ""
    everywhere: str = ""
    fence: str = "1"
    synced: str = SYNCED


_DIALECT = {part.name for part in fields(Dialect)}


@dataclass(frozen=True, slots=True)
class Name:
    """A checked identifier of a table or a column."""

    text: str

    def __post_init__(self) -> None:
        if not _IDENTIFIER.fullmatch(self.text):
            raise UsageError(f"{self.text!r} is no usable name; use letters, digits, underscores and hyphens")

    def __str__(self) -> str:
        return f"`{self.text}`"


@dataclass(frozen=True, slots=True)
class Names:
    """Identifiers as a list with commas."""

    items: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(str(Name(item)) for item in self.items)


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL that came from a file, complete or still with parts to fill."""

    text: str

    @property
    def wants(self) -> set[str]:
        """The names of the parts still to be filled, those of the dialect left out."""
        return set(_PART.findall(self.text)) - _DIALECT

    def fill(self, **parts: "Part") -> "Sql":
        """The SQL with every `{{ part }}` replaced; a missing or an unused one is a programming error."""
        if self.wants != set(parts):
            raise ValueError(f"parts wanted: {sorted(self.wants)}, given: {sorted(parts)}")
        return Sql(_PART.sub(lambda found: str(parts[found[1]]) if found[1] in parts else found[0], self.text))

    @property
    def is_everywhere(self) -> bool:
        """Whether it is of a table of which every node of a cluster has all rows: its engine or its heading says so."""
        return bool(re.search(r"\{\{\s*everywhere\s*\}\}|^-- table: everywhere$", self.text, re.MULTILINE))

    def spoken(self, dialect: Dialect) -> str:
        """The text as an engine takes it."""
        return _PART.sub(lambda found: getattr(dialect, found[1]) if found[1] in _DIALECT else found[0], self.text)

    def __str__(self) -> str:
        return self.text

    @property
    def checksum(self) -> str:
        """SHA-256 of the text without comments and spacing: what must not change unnoticed."""
        bare = re.sub(r"\s+", " ", re.sub(r"--[^\n]*", " ", self.spoken(Dialect()))).strip()
        return hashlib.sha256(bare.encode()).hexdigest()

    @property
    def heading(self) -> str:
        """The comment at the top of the file, without its dashes."""
        lines = []
        for line in self.text.splitlines():
            if not line.startswith("--"):
                break
            lines.append(line.removeprefix("--").strip())
        return "\n".join(lines)


Part = Name | Names | Sql | int

NOTHING = Sql("")
"""A part that is left out."""


def joined(parts: Iterable[Sql], separator: str) -> Sql:
    """Several pieces of SQL as one."""
    return Sql(separator.join(part.text for part in parts))


@cache
def shipped_folder() -> Path:
    """The folder of SQL: within the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "sql"
    return inside if inside.is_dir() else package.parent / "sql"


@cache
def _read(path: Path) -> Sql:
    return Sql(path.read_text(encoding="utf-8").strip().rstrip(";"))


def template(name: str) -> Sql:
    """A shipped statement, such as `ingest/stage`, with its parts still to be filled."""
    return _read(shipped_folder() / f"{name}.sql")


def statement(name: str, **parts: Part) -> Sql:
    """A shipped statement with its parts filled."""
    return template(name).fill(**parts)


def collection(kind: str, more: Path | None = None, errors: str = "strict") -> dict[str, Sql]:
    """Every SQL file of a kind (`sources`, `rollups`, `checks/events`, …) by its name, sorted.

    Args:
        kind: a folder under `sql/`.
        more: the folder of `ADS_SQL_DIR`, whose files stand beside the shipped ones and win over them.
        errors: what becomes of bytes that are not UTF-8, as Python has it.
    """
    folders = [shipped_folder() / kind] + ([more / kind] if more else [])
    files = {path.stem: path for folder in folders for path in sorted(folder.glob("*.sql"))}
    return {name: Sql(files[name].read_text(encoding="utf-8", errors=errors).strip().rstrip(";")) for name in sorted(files)}
