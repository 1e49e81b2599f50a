"""The README's own file, the tutorial and the Python examples, run as a user runs them, from an empty folder, on chDB."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commands import ADS
from tests.docs.pages import page


def shell(script: str, folder: Path) -> str:
    """Standard output of a script in a folder, with `ads` on the path and no setting but the folder's own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ADS_")}
    environment["PATH"] = f"{Path(ADS).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_page(name: str, folder: Path) -> None:
    """Run a page's blocks of `bash`; what a block of `text` has must be in the output of the one before, `…` standing for anything."""
    output = ""
    for language, body in re.findall(r"^```(bash|text)\n(.*?)^```$", page(name).text, re.MULTILINE | re.DOTALL):
        if language == "bash":
            output = shell(body, folder)
            continue
        for line in body.splitlines():
            pattern = r"\s+".join(".*".join(map(re.escape, word.split("…"))) for word in line.split())
            assert re.search(pattern, output), f"{line!r} is not in:\n{output}"


def test_the_readmes_own_file(tmp_path: Path) -> None:
    run_page("README.md", tmp_path)


IN_TUTORIAL = pytest.mark.xdist_group("tutorial")
"""Tests of one process, so that the tutorial is followed once."""


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which somebody has followed the tutorial."""
    folder = tmp_path_factory.mktemp("tutorial")
    run_page("docs/tutorial.md", folder)
    return folder


@pytest.mark.further
@IN_TUTORIAL
def test_the_tutorial(taught: Path) -> None:
    assert json.loads(shell("ads check --json", taught))


@pytest.mark.further
@IN_TUTORIAL
def test_what_doctor_examines_is_explained(taught: Path) -> None:
    found = [finding["name"] for finding in json.loads(shell("ads doctor --json", taught))]
    rows = next(rows for rows in page("docs/operations.md").tables if rows[0][0] == "examination")
    assert [row[0].strip("`") for row in rows[1:]] == [*found, "nodes"]


@pytest.mark.further
@IN_TUTORIAL
@pytest.mark.parametrize("number", range(3))
def test_python_examples(taught: Path, number: int) -> None:
    today = datetime.now(UTC)
    example = re.sub(
        r"date\(2026, 11, \d+\)", f"date({today.year}, {today.month}, {today.day})", page("docs/python.md").blocks("python")[number]
    )
    (taught / "example.py").write_text(example)
    shell(f"{Path(ADS).with_name('python')} example.py", taught)
