"""Every SQL file is used, every statement that code names is there, and each file says what it is."""

import ast
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from ads_pipeline.pipeline.examples import KINDS, find_examples
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.statements import collection

ROOT = Path(__file__).parents[2]
PACKAGE, SQL = ROOT / "ads_pipeline", ROOT / "sql"

FOUND_BY_BEING_THERE = ("parts", "sources", "rollups", "checks/events", "checks/rollup", "migrations/[0-9][0-9][0-9][0-9]_*")
"""Files that are collected by folder: nobody names them."""

FAMILIES = {
    "ingest/{}_table": ("valid", "aside", "repeats", "outcomes"),
}
"""Names that code puts together, with what may stand in them."""

FORWARDED = {"ingest/{}"}
"""What `Batch.sql` makes of the name that it is given."""


def files_in(sql: Path) -> set[str]:
    """Statements; what an example is given is data."""
    return {str(path.relative_to(sql).with_suffix("")) for path in sql.rglob("*.sql") if not path.name.startswith("given")}


def named_in(package: Path, sql: Path) -> set[str]:
    """Every statement that Python or another SQL file names."""
    folders = "|".join(path.name for path in sql.iterdir() if path.is_dir())
    named: set[str] = set()
    for path in package.rglob("*.py"):
        for text in texts_in(ast.parse(path.read_text())):
            if re.fullmatch(rf"({folders})/[\w/{{}}]+", text) and text not in FORWARDED:
                assert text in FAMILIES or "{" not in text, f"{path}: name {text} in full, or say in FAMILIES what may stand in it"
                named |= {text.format(part) for part in FAMILIES[text]} if text in FAMILIES else {text}
    for path in sql.rglob("*.sql"):
        named |= set(re.findall(r"""\{%-?\s*(?:include|import|from|extends)\s+["']([\w/]+)\.sql["']""", path.read_text()))
    return named - {"checks/events", "checks/rollup"}


def texts_in(node: ast.AST) -> Iterator[str]:
    """Texts of code, `{}` for what an f-string fills in; what is given to `Batch.sql` is of the folder `ingest`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sql":
        yield from (f"ingest/{text_of(argument)}" for argument in node.args[:1])
    if text := text_of(node):
        yield text
        return
    for child in ast.iter_child_nodes(node):
        yield from texts_in(child)


def text_of(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def unused(package: Path, sql: Path) -> set[str]:
    collected = {name for name in files_in(sql) for kind in FOUND_BY_BEING_THERE if Path(name).match(kind if "*" in kind else f"{kind}/*")}
    return files_in(sql) - named_in(package, sql) - collected


def lacking(package: Path, sql: Path) -> set[str]:
    return named_in(package, sql) - files_in(sql)


def test_every_file_is_used() -> None:
    assert unused(PACKAGE, SQL) == set()


def test_every_statement_that_code_names_is_there() -> None:
    assert lacking(PACKAGE, SQL) == set()


def test_no_exception_outlives_its_use() -> None:
    texts = {text for path in PACKAGE.rglob("*.py") for text in texts_in(ast.parse(path.read_text()))}
    assert texts >= FAMILIES.keys() | FORWARDED


@pytest.mark.parametrize(
    "name",
    ["ingest/orphan", "ingest/orphan_table", "ingest/lines_orphan", "queries/reading", "lease/x", "migrations/x", "new/x", "checks/x"],
)
def test_an_orphan_is_found(tmp_path: Path, name: str) -> None:
    orphan = tmp_path / f"{name}.sql"
    orphan.parent.mkdir(parents=True)
    orphan.write_text("SELECT 1\n")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "mine.sql").write_text("SELECT 1\n")
    assert unused(PACKAGE, tmp_path) == {name}


@pytest.mark.parametrize(
    "code", ['statement("queries/{}")', 'batch.sql("{}")', 'partial(statement, "queries/{}")', 'NAMES = {{"a": "queries/{}"}}']
)
def test_a_statement_without_a_file_is_found(tmp_path: Path, code: str) -> None:
    (tmp_path / "module.py").write_text(code.format("nowhere"))
    assert len(lacking(tmp_path, SQL)) == 1


def test_a_name_put_together_is_found(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text('statement(f"ingest/{kind}_lines")')
    with pytest.raises(AssertionError, match="in full"):
        named_in(tmp_path, SQL)


def test_every_statement_says_grain_source_and_what_a_second_run_does() -> None:
    """In its heading; what other statements are made of begins with a comment of Jinja, which is not sent along."""
    assert {name: said for path in SQL.rglob("*.sql") if (said := unsaid(path)) and (name := str(path.relative_to(SQL)))} == {}


def unsaid(path: Path) -> list[str]:
    """What the heading of a file lacks."""
    lines = path.read_text().splitlines()
    if path.name == "given.sql" or lines[0].startswith("{#") or path.parent.name == "parts":
        return []
    heading = "\n".join(takewhile(lambda line: line.startswith("--"), lines))
    body = "\n".join(lines[heading.count("\n") + 1 :]) if heading else ""
    verb = body.split(maxsplit=1)[0] if body else "no heading"
    reads, shipped = verb in ("SELECT", "WITH", "DESCRIBE", "{{", "{%"), path.parent.name not in ("rollups", "sources", "migrations")
    wanted = {
        "-- ": True,
        "-- severity: ": "checks" in path.parts,
        "-- grain: ": "checks" not in path.parts and (reads or body.startswith(("INSERT", "CREATE TABLE"))),
        "-- source: ": verb == "INSERT",
        "-- run again: ": not reads and shipped,
    }
    return [text for text, is_wanted in wanted.items() if is_wanted and text not in heading]


def test_no_table_is_made_by_a_select() -> None:
    """The engine renames such a table in the end, and where power is lost in that, it starts no more."""
    made = re.compile(r"^CREATE (OR REPLACE )?TABLE[^;]*\bAS\s+(WITH|SELECT|\{%)", re.MULTILINE)
    assert made.search("CREATE TABLE a\nENGINE = Memory\nAS\nSELECT 1")
    assert [str(path.relative_to(SQL)) for path in SQL.rglob("*.sql") if made.search(path.read_text())] == []


def test_every_source_rollup_and_check_has_an_example() -> None:
    settings = load_settings()
    with_examples = {(kind, example.name) for kind in KINDS for example in find_examples(settings, kind)}
    shipped = {(kind, name) for kind, groups in KINDS.items() for group in groups for name in collection(group)}
    assert with_examples == shipped
