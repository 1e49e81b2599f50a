"""Compose accepts each file by itself, on a fresh clone."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.stack import ROOT
from tools.generate.compose import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_compose_accepts_the_file_without_an_env_file(name: str, tmp_path: Path) -> None:
    command = shutil.which("docker-compose")
    if not command:
        pytest.skip("there is no docker-compose")
    shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run([command, "-f", name, "config"], check=False, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
