"""Runs of whole processes, timed from outside."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ADS = str(Path(sys.executable).with_name("ads"))


@dataclass(frozen=True, slots=True)
class Run:
    """Wall and CPU seconds, and peak resident memory (MiB), of one process."""

    seconds: float
    cpu: float
    peak: float


def environment(home: Path, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """A clean environment with this ADS_HOME, and more if given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADS_")}
    return kept | {"ADS_HOME": str(home), "LOG_LEVEL": "WARNING"} | dict(variables or {})


def run(command: list[str], home: Path, variables: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end.

    Raises:
        RuntimeError: it ended with another code than 0.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment(home, variables), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def fresh_home(home: Path, drop: Path | None = None, variables: Mapping[str, str] | None = None) -> Path:
    """An empty home with a database, and a drop landed if one is given."""
    shutil.rmtree(home, ignore_errors=True)
    landing = home / "landing" / "events"
    landing.mkdir(parents=True)
    run([ADS, "init"], home, variables)
    if drop:
        os.link(drop, landing / drop.name)
    return home
