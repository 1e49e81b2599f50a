"""SQL files, found by name and completed with names, numbers and other SQL.

Values always travel as server-side parameters (`{day:Date}`). What ClickHouse takes no parameter for (a table's name in
some statements, a SELECT within a CREATE) stands in a shipped file as a Jinja2 expression, `{{ table }}`, and is filled
with a checked `Name`, a whole number, or other SQL: a string cannot be filled in.

What differs between chDB, a server and a cluster is a `Dialect`: parts that the connection adds when it runs a statement.
A statement is rendered then, once. The SELECTs of rollups and sources, which people write, are no templates: their braces stay.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from jinja2 import StrictUndefined, TemplateError, pass_context
from jinja2.runtime import Context

from ads_pipeline.contract.columns import CONTENT_COLUMNS, EVENT_COLUMNS, EVENT_DEFINITIONS, IDENTITY_COLUMNS, IDENTITY_KEY
from ads_pipeline.errors import UsageError
from ads_pipeline.warehouse.templates import Templates, file_of

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

SYNCED = (
    "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_fetch = 1"
)

PLAIN = frozenset({"parts", "rollups", "sources"})
"""Folders of SELECTs that people write: no templates."""


@dataclass(frozen=True, slots=True)
class Name:
    """A checked identifier of a table or a column."""

    text: str

    def __post_init__(self) -> None:
        if not _IDENTIFIER.fullmatch(self.text):
            raise UsageError(f"{self.text!r} cannot be a name; use letters, digits, underscores and hyphens")

    def __str__(self) -> str:
        return f"`{self.text}`"


@dataclass(frozen=True, slots=True)
class Names:
    """Identifiers as a list with commas; a template may also loop over them."""

    items: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self))

    def __iter__(self) -> Iterator[Name]:
        return map(Name, self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL for an engine: plain text, or with `parts` (none are needed: `{}`) a Jinja2 template.

    Args:
        text: taken as it is, whatever braces it holds, unless there are parts.
        parts: what fills the template: a tuple with commas, or by a loop; a bool only decides a condition.
        name: the file that it came from, such as `ingest/stage`.
    """

    text: str
    parts: "Mapping[str, Part] | None" = field(default=None, hash=False)
    name: str = field(default="", compare=False)

    def __bool__(self) -> bool:
        """Whether there is any text: a template can leave out what stands around it."""
        return bool(self.text)

    @property
    def _is_template(self) -> bool:
        """Whether there is anything to fill in: most statements only have `{value:Type}`, for the engine."""
        return self.parts is not None and any(mark in self.text for mark in ("{{", "{%", "{#"))

    @property
    def wants(self) -> frozenset[str]:
        """The names of all parts that the template asks for, those of the dialect and the contract left out."""
        return _TEMPLATES.wanted(self.text, self.name) - _DIALECT if self._is_template else frozenset()

    def fill(self, **parts: "Part") -> "Sql":
        """The statement with its parts, which are put in when it runs.

        Raises:
            ValueError: a part is missing, or the template does not ask for it; a programming error.
            TypeError: a part is no name, number or SQL.
        """
        for problem, names in (("needs", self.wants - set(parts)), ("has no", set(parts) - self.wants)):
            if names:
                raise ValueError(f"{file_of(self.name)} {problem} {{{{ {' }}, {{ '.join(sorted(names))} }}}}")
        for part, value in parts.items():
            if not _is_part(value):
                raise TypeError(f"{file_of(self.name)}: {part} is a {type(value).__name__}; {_ALLOWED}")
        return Sql(self.text, parts, self.name)

    def render(self, dialect: "Dialect | None" = None) -> str:
        """The text that an engine takes."""
        if not self._is_template:
            return self.text
        dialect = dialect or Dialect()
        of_dialect = {name: getattr(dialect, name) for name in _DIALECT}
        try:
            return _TEMPLATES.compiled(self.text, self.name).render(self.parts, **of_dialect, dialect=dialect)
        except TemplateError as error:
            raise ValueError(f"{file_of(self.name)}: {error}") from error

    @property
    def is_everywhere(self) -> bool:
        """Whether every node of a cluster has all rows of its table, as its engine or its heading says."""
        return bool(re.search(r"\{\{\s*everywhere\s*\}\}|^-- table: everywhere$", self.text, re.MULTILINE))

    @property
    def checksum(self) -> str:
        """SHA-256 of the text without comments and spacing: what must not change unnoticed."""
        bare = re.sub(r"\s+", " ", re.sub(r"--[^\n]*", " ", self.render())).strip()
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

    @property
    def described_columns(self) -> dict[str, str]:
        """What columns mean, by name: the lines `-- column NAME: MEANING` of the file."""
        return dict(re.findall(r"^-- column (\w+): (.+)$", self.text, re.MULTILINE))


Part: TypeAlias = "Name | Names | Sql | int | tuple[Part, ...]"

_ALLOWED = "only names, whole numbers and SQL are filled in: pass a value as a server-side parameter, {value:Type}"

NOTHING = Sql("")
"""A part that is left out."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The parts that the connection adds; the defaults are those of chDB and of a single server.

    Args:
        on_cluster: in DDL after the table's name, where it applies to every node of a cluster.
        replicated: before the engine's name of a table of which every shard has its own rows.
        everywhere: first arguments of the engine of a table of which every node has all rows.
        fence: a condition that fails when this run may no longer write.
        synced: settings of a table whose parts are on disk when the statement that made them has ended.
    """

    on_cluster: Sql = NOTHING
    replicated: Sql = NOTHING
    everywhere: Sql = NOTHING
    fence: Sql = Sql("1")
    synced: Sql = Sql(SYNCED)


_DIALECT = {part.name for part in fields(Dialect)}


def _is_part(value: object) -> bool:
    return all(map(_is_part, value)) if isinstance(value, tuple) else isinstance(value, Name | Names | Sql | int)


@pass_context
def _put_in(context: Context, value: Any) -> str:
    """What an expression of a template becomes in the text."""
    if isinstance(value, Sql):
        return value.render(context["dialect"])
    if isinstance(value, tuple):
        return ", ".join(_put_in(context, item) for item in value)
    if isinstance(value, Name | Names | StrictUndefined) or type(value) is int:
        return str(value)  # raises for what is undefined
    raise TypeError(f"{file_of(context.name or '')}: an expression gives a {type(value).__name__}; {_ALLOWED}")


_CONTRACT = {
    "event_columns": Sql(EVENT_COLUMNS),
    "identity": Sql(IDENTITY_COLUMNS),
    "identity_key": Sql(IDENTITY_KEY),
    "content_columns": Sql(CONTENT_COLUMNS),
    "event_definitions": Sql(EVENT_DEFINITIONS),
}
"""Parts that every statement may use: the columns of the event contract. A migration does not: its text is fixed."""


def _included(file: str) -> str:
    return template(file.removesuffix(".sql")).text


_TEMPLATES = Templates(_put_in, _included, _CONTRACT)


@cache
def shipped_folder() -> Path:
    """The folder of SQL: within the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "sql"
    return inside if inside.is_dir() else package.parent / "sql"


def _read(path: Path, name: str, errors: str = "strict") -> Sql:
    text = path.read_text(encoding="utf-8", errors=errors).strip().rstrip(";")
    return Sql(text, None if name.partition("/")[0] in PLAIN else {}, name)


@cache
def template(name: str) -> Sql:
    """A shipped statement, such as `ingest/stage`, with its parts still to be filled."""
    return _read(shipped_folder() / f"{name}.sql", name)


def file_path(name: str, more: Path | None = None) -> Path:
    """The file of a statement such as `rollups/campaign_daily`; that of the folder `more` wins, as in `collection`."""
    own = more / f"{name}.sql" if more else None
    return own if own and own.is_file() else shipped_folder() / f"{name}.sql"


def statement(name: str, **parts: Part) -> Sql:
    """A shipped statement with its parts."""
    return template(name).fill(**parts)


def of_batch(name: str, tables: Mapping[str, Part], **parts: Part) -> Sql:
    """A shipped statement with its parts, and those of a batch's tables that it names."""
    unfilled = template(name)
    return unfilled.fill(**parts, **{part: table for part, table in tables.items() if part in unfilled.wants})


def collection(kind: str, more: Path | None = None, errors: str = "strict") -> dict[str, Sql]:
    """Every SQL file of a kind (`sources`, `rollups`, `checks/events`, …) by its name, sorted.

    Args:
        kind: a folder under `sql/`.
        more: the folder of `ADS_SQL_DIR`, whose files stand beside the shipped ones and win over them.
        errors: what becomes of bytes that are not UTF-8, as in Python's `bytes.decode`.
    """
    folders = [shipped_folder() / kind] + ([more / kind] if more else [])
    files = {path.stem: path for folder in folders for path in sorted(folder.glob("*.sql"))}
    return {name: _read(files[name], f"{kind}/{name}", errors) for name in sorted(files)}
