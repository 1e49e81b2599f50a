"""A recorded run and what a disk may hold after its power went at a mark."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.power.disk import Call, Disk, Loss, read_calls

HERE = Path(__file__).parent
LOSSES = [loss for loss in get_args(Loss) if loss != "nothing"]


@dataclass
class Recording:
    """The calls of a run on a folder; a mark stands among them wherever the run set one."""

    folder: Path
    calls: list[Call]

    def marks(self, kind: str) -> list[int]:
        """Where the marks of a kind stand."""
        return [index for index, call in enumerate(self.calls) if call.what == b"m" and call.one.decode().split()[0] == kind]

    def words(self, kind: str, before: int) -> list[str]:
        """What the marks of a kind before a place say, one after another."""
        return [word for index in self.marks(kind) if index < before for word in self.calls[index].one.decode().split()[1:]]

    def disk(self, cut: int) -> Disk:
        """The state after so many calls."""
        disk = Disk(self.folder)
        for call in self.calls[:cut]:
            disk.play(call)
        return disk


def record(script: str, folder: Path, work: Path, *arguments: str) -> Recording:
    """Run a script of this folder while its calls on `folder` are recorded."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler or sys.platform != "linux":
        pytest.skip("writes can be recorded on Linux and with a C compiler only")
    library = work / "recorder.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, HERE / "recorder.c", "-ldl", "-lpthread"], check=True)
    folder.mkdir(parents=True, exist_ok=True)
    recorder = {"LD_PRELOAD": str(library), "RECORDING": str(work / "recording"), "RECORDED_FOLDER": str(folder)}
    command = [sys.executable, str(HERE / script), *arguments]
    result = subprocess.run(command, env=os.environ | recorder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return Recording(folder, read_calls(work / "recording"))


def tree(folder: Path) -> dict[str, Any]:
    """Every name below a folder with what it is."""
    return {
        str(path.relative_to(folder)): path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }
