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


def test_no_client_of_the_stack_can_make_up_its_address() -> None:
    """The API believes nginx, and nginx overwrites the header; a location that sets one header inherits none."""
    text = (ROOT / "docker" / "nginx" / "nginx.conf").read_text()
    common, api = text.partition("server {")[0], text.split("server {")[1]
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in common
    assert "http://api:8000" in api
    assert "proxy_set_header" not in api
