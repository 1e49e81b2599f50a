"""The `ads` command as a process of its own; `variables` are further ADS_ settings."""

import os
import subprocess
import sys
from pathlib import Path

from tests.forked import run_forked

ADS = str(Path(sys.executable).with_name("ads"))


def environment_of(home: Path, **variables: str) -> dict[str, str]:
    """What the command finds in its environment."""
    return os.environ | {"ADS_HOME": str(home), **{f"ADS_{name.upper()}": value for name, value in variables.items()}}


def ads(home: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a home and wait for its end."""
    return run_forked([ADS, *arguments], environment_of(home, **variables))


def start(home: Path, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    """Start a command in a home."""
    environment = environment_of(home, **variables)
    return subprocess.Popen([ADS, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]", timeout: float = 240) -> tuple[int, str, str]:
    """A command's exit code, standard output and standard error."""
    output, errors = process.communicate(timeout=timeout)
    return process.returncode, output, errors
