"""A copy of the repository whose contract has a field more."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_with_a_field_more(copy: Path) -> None:
    """Copy what a release is made of, and add the line that docs/contract.md shows to the contract."""
    for name in ("ads_pipeline", "sql", "tools", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (ROOT / ".env.example", *ROOT.glob("docker-compose*.yml")):
        shutil.copy(path, copy)
    line = re.search("`(placement_id: .*)`", (ROOT / "docs" / "contract.md").read_text())
    assert line
    model = copy / "ads_pipeline" / "contract" / "event.py"
    model.write_text(model.read_text().replace("    attributes: Annotated", f"    {line[1]}\n    attributes: Annotated"))


def python_of(copy: Path, *arguments: str) -> str:
    """What Python prints there, with the copy's packages."""
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=True).stdout


def generate(copy: Path) -> list[str]:
    """The files that `make generate` writes there, without the numbers of migrations."""
    lines = python_of(copy, "-m", "tools.generate").splitlines()
    return [re.sub(r"/\d{4}_", "/", line.removeprefix("wrote ")) for line in lines]
