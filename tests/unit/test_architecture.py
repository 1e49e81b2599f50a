"""Who may import whom, and habits that a reader cannot check by eye."""

import ast
import re
import tomllib
from collections.abc import Collection
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ads_pipeline"
MODULES = sorted(PACKAGE.rglob("*.py"))

FOUNDATION = {"settings", "quantities", "secret_files", "errors", "days", "durable", "interrupts", "log", "retrying", "text", "__init__"}
BASE = FOUNDATION | {"contract"}
MAY_IMPORT = {
    "contract": BASE,
    "warehouse": BASE | {"warehouse"},
    "landing": BASE | {"landing"},
    "generate": BASE | {"generate"},
    "pipeline": BASE | {"warehouse", "landing", "pipeline"},
    "defs": BASE | {"warehouse", "landing", "pipeline", "defs"},
    "inbox": BASE | {"landing", "inbox"},
    "api": BASE | {"warehouse", "landing", "pipeline", "inbox", "api"},
    "cli": BASE | {"inbox", "warehouse", "landing", "pipeline", "generate", "api", "cli", "defs", "definitions"},
    "definitions": BASE | {"defs"},
    "component": BASE | {"definitions"},
}
ONLY_IN = {
    "clickhouse_connect": {"warehouse"},
    "chdb": {"warehouse"},
    "obstore": {"landing"},
    "httpx": {"landing", "cli"},
    "httpcore": {"landing"},
    "dagster": {"defs", "definitions", "component", "cli"},
    "fastapi": {"api"},
    "starlette": {"api"},
    "uvicorn": {"api"},
    "uvloop": {"api"},
    "prometheus_client": {"inbox", "api"},
    "tenacity": {"retrying"},
    "click": {"cli"},
    "rich": {"cli"},
}


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(path)
    for name in imported(path):
        words = name.split(".")
        if words[0] == "ads_pipeline" and len(words) > 1 and part != "__init__":
            assert words[1] in MAY_IMPORT.get(part, FOUNDATION), f"{part} imports {name}"
        if words[0] in ONLY_IN:
            assert part in ONLY_IN[words[0]], f"{part} imports {name}"


def test_only_settings_reads_the_environment() -> None:
    # the commands that start other processes hand their own environment on
    readers = {str(path.relative_to(PACKAGE)) for path in MODULES if re.search(r"os\.(environ|getenv)", path.read_text())}
    assert readers <= {"settings.py", "secret_files.py", "cli/dagster_home.py", "cli/serve.py", "api/metrics.py"}


INTERNALS = {
    "dagster._core.launcher": "dagster",
    "dagster._core.storage.event_log": "dagster",
    "dagster._core.storage.event_log.schema": "dagster",
    "dagster._core.storage.runs": "dagster",
    "dagster._core.storage.runs.schema": "dagster",
    "dagster._serdes": "dagster",
    "uvicorn.protocols.http.httptools_impl": "uvicorn",
    "_raw_request": "clickhouse-connect",
}
"""Modules and attributes of other packages that they do not document, each with its package."""

PUBLIC = {"_replace", "_value_", "_asdict", "_exit"}  # of the standard library


def internals(path: Path) -> set[str]:
    """Private modules that a module imports, and private attributes of what is not its own."""
    tree = ast.parse(path.read_text())
    imports = {name for name in imported(path) if any(part.startswith("_") for part in name.split(".")) or name in INTERNALS}
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    own = {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    private = {node.attr for node in attributes if node.attr.startswith("_") and not node.attr.startswith("__")}
    return imports - {"__future__"} | private - own - PUBLIC


def test_internals_of_other_packages_are_few_and_their_versions_capped() -> None:
    used = {name for path in MODULES for name in internals(path)}
    assert used == INTERNALS.keys()
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for package in set(INTERNALS.values()):
        (line,) = [line for line in dependencies if re.match(rf"{package}(\[.*\])?[<>=]", line)]
        assert ",<" in line, f"{package} has no upper bound"


def test_no_sql_in_python() -> None:
    for path in MODULES:
        if path.name in ("receipts.py", "traces.py"):
            continue  # a few statements of SQLite
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.lstrip()
                sql = re.match(r"(SELECT|INSERT INTO|ALTER TABLE|CREATE (TABLE|OR)|DROP TABLE|DELETE FROM|TRUNCATE) ", text)
                assert not sql, f"{path.name} holds SQL: {text[:60]}"


def test_modules_and_functions_stay_readable() -> None:
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for path in MODULES}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                described = len((ast.get_docstring(node, clean=False) or "").splitlines())
                lengths[f"{path.relative_to(PACKAGE)}: {node.name}"] = (node.end_lineno or 0) - node.lineno + 1 - described
    assert {name: length for name, length in lengths.items() if length > (44 if ":" in name else 300)} == {}


def modules_imported(path: Path, names: Collection[str]) -> set[str]:
    """Modules of this package that a module imports, also within functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (full & set(names)) or {node.module or ""}
    return found & set(names)


def test_no_module_imports_itself_by_way_of_others() -> None:
    dotted = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in MODULES}
    graph = {name: modules_imported(path, dotted.values()) for path, name in dotted.items()}
    assert sum(map(len, graph.values())) > 200
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)
