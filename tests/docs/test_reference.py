"""What the documentation says of commands, settings, checks and statuses is what there is."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest
import yaml  # type: ignore[import-untyped]
from pydantic import SecretStr

from ads_pipeline.cli import main
from ads_pipeline.pipeline.ledger import Status
from ads_pipeline.pipeline.quality import all_checks
from ads_pipeline.pipeline.steps import STEPS
from ads_pipeline.settings import Settings, load_settings
from tests.docs.pages import ROOT, WRITTEN, Page, page, table

CONTEXT = click.Context(main)


def command_of(words: list[str]) -> tuple[click.Command, str]:
    """The command that words name, with its full name."""
    command: click.Command = main
    named = "ads"
    for word in words:
        if not isinstance(command, click.Group) or not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
            break
        found = command.get_command(CONTEXT, word)
        assert found, f"there is no command {named} {word}"
        command, named = found, f"{named} {word}"
    return command, named


def all_commands(command: click.Command = main, named: str = "ads") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield named, command
        return
    for name in command.list_commands(CONTEXT):
        found = command.get_command(CONTEXT, name)
        assert found
        yield from all_commands(found, f"{named} {name}")


def shown_commands(found: Page) -> Iterator[str]:
    """Every call of `ads` that a page shows, in blocks and in the text."""
    lines = [line for block in found.blocks("bash", "console") for line in block.replace("\\\n", " ").splitlines()]
    lines = [line for line in lines if not line.startswith(("{", "#"))]
    for text in [*lines, *found.spans]:
        for part in re.split(r"&&|\|\||;|\$ |,(?= ?ads)|\s#", text):
            if match := re.match(r"(?:[A-Z_]+=\S* )*ads(?= |$)(.*)", part.strip()):
                yield match[1].strip()


@pytest.mark.parametrize("found", WRITTEN, ids=str)
def test_commands_that_are_shown_exist_with_their_options(found: Page) -> None:
    for shown in shown_commands(found):
        words = re.sub(r"[\[\]|]", " ", shown).split()
        command, named = command_of(words)
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        known |= {"--help", "--version"} if command is main else {"--help"}
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in known, f"{named} has no option {word}: {shown}"


def test_every_command_and_option_is_in_the_reference() -> None:
    text = page("docs/commands.md").text
    for name, command in all_commands():
        assert f"`{name}" in text, name
        if name == "ads generate":
            continue  # its help has them all
        for parameter in command.params:
            option = parameter.opts[-1]
            if option.startswith("--") and option not in ("--help", "--json", "--limit", "--reload"):
                row = next(line for line in text.splitlines() if f"`{name}" in line and line.startswith("|"))
                assert option in row, f"{name} {option}"


@pytest.mark.parametrize("found", WRITTEN, ids=str)
def test_settings_that_are_named_exist(found: Page) -> None:
    compose = "".join(path.read_text() for path in [*ROOT.glob("docker-compose*.yml"), *ROOT.glob("docker/**/*.*")])
    known = {f"ADS_{name.upper()}" for name in Settings.model_fields} | set(re.findall(r"ADS_[A-Z_]+", compose))
    known |= {f"ADS_{name.upper()}_FILE" for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    for name in re.findall(r"\bADS_[A-Z_0-9]*[A-Z0-9]\b", found.text):
        assert name in known, name


@pytest.mark.parametrize("found", WRITTEN, ids=str)
def test_targets_of_make_exist(found: Page) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "\n".join([*found.spans, *found.blocks("console", "bash")])
    assert set(re.findall(r"(?:^|\$ )make ([a-z]+)", code, re.MULTILINE)) <= targets


def test_every_check_is_explained_with_its_severity(tmp_path: Path) -> None:
    explained = {row[0].strip("`"): row[1] for row in table("docs/operations.md", "check")}
    there = {check.full_name: check.severity for check in all_checks(load_settings(home=tmp_path))}
    assert explained == {name.replace("campaign_daily", "<rollup>"): kind for name, kind in there.items() if "publisher_daily" not in name}


def test_every_status_of_a_drop_is_explained() -> None:
    assert [row[0].strip("`") for row in table("docs/commands.md", "status")] == list(get_args(Status))


def test_every_step_of_a_batch_says_what_a_kill_leaves() -> None:
    steps = [step.__name__.replace("_", " ") for step in STEPS]
    assert [row[0].strip("*") for row in table("docs/guarantees.md", "step")] == steps
    drawn = page("docs/architecture.md").blocks("mermaid")[1]
    assert [name for name in re.findall(r": ([a-z ]+)$", drawn, re.MULTILINE) if name in steps] == [*steps]


def test_sql_that_is_shown_is_the_shipped_one() -> None:
    for name, file in (("docs/rollups.md", "rollups/campaign_daily.sql"), ("docs/sources.md", "sources/adbids.sql")):
        shipped = (ROOT / "sql" / file).read_text()
        assert shipped[shipped.index("SELECT\n") :].strip() in page(name).text, file


def test_every_table_of_the_pipeline_is_described() -> None:
    files = [*(ROOT / "sql" / "migrations").glob("*.sql"), ROOT / "sql" / "lease" / "table.sql"]
    made = re.compile(r"^CREATE (?:OR REPLACE )?(?:TABLE|VIEW)(?: IF NOT EXISTS)? (\w+)", re.MULTILINE)
    there = {name for path in files for name in made.findall(path.read_text()) if not name.startswith("scratch_")}
    described = {row[0] for row in table("docs/architecture.md", "table")}
    assert {f"`{name}`" for name in there} == {name for name in described if "<rollup>" not in name}


def test_ci_runs_each_python_that_the_package_is_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert tested == [name.rpartition(" ")[2] for name in project["classifiers"] if re.search(r"Python :: 3\.\d+$", name)]
    assert project["requires-python"] == f">={tested[0]}"
    assert {"run": ".ci/run"} in workflow["jobs"]["test"]["steps"]


def test_every_module_of_the_pipeline_has_its_place_in_the_architecture() -> None:
    named = {name for row in table("docs/architecture.md", "to read about") for name in re.findall(r"`([\w.]+)/?`", row[1])}
    there = {path.name for path in (ROOT / "ads_pipeline" / "pipeline").iterdir() if not path.name.startswith("__")}
    assert named == there
