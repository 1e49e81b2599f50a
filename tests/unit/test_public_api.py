"""The public API: its names are a promise, typed and documented."""

import ast
import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest

import ads_pipeline

ROOT = Path(__file__).parents[2]

# what users may import; a name that goes, or changes its meaning, belongs into CHANGELOG.md
PUBLIC = [
    "AdsError", "AdsPipelineComponent", "Settings", "TransientError", "all_checks", "all_rollups", "backfill", "build_defs", "ingest",
    "load_settings", "open_run", "open_store", "open_to_read", "plan_backfill", "query_rollup", "run_check",
]  # fmt: skip


def test_the_public_names_are_these() -> None:
    assert ads_pipeline.__all__ == PUBLIC
    assert set(PUBLIC) <= set(dir(ads_pipeline))


@pytest.mark.parametrize("name", PUBLIC)
def test_each_is_there_documented_and_typed(name: str) -> None:
    found = getattr(ads_pipeline, name)
    assert inspect.getdoc(found)
    if not inspect.isclass(found):
        signature = inspect.signature(found)
        assert signature.return_annotation is not inspect.Signature.empty
        assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())


def test_type_checkers_see_the_same_names_from_the_same_modules() -> None:
    imports = [node for node in ast.walk(ast.parse(Path(ads_pipeline.__file__).read_text())) if isinstance(node, ast.ImportFrom)]
    seen = {
        alias.asname or alias.name: ((node.module or "").removeprefix("ads_pipeline."), alias.name)
        for node in imports
        if (node.module or "").startswith("ads_pipeline.")
        for alias in node.names
    }
    assert seen == ads_pipeline._HOMES
    assert (Path(ads_pipeline.__file__).parent / "py.typed").exists()


def test_each_is_on_the_page_of_the_api() -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    assert [name for name in PUBLIC if not re.search(rf"`{name}\b", page)] == []


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = ads_pipeline.nope


def test_there_is_one_version() -> None:
    assert version("ads-pipeline") == ads_pipeline.__version__
    newest = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert newest.split()[1] == ads_pipeline.__version__
