"""The drops that are measured, made once."""

import shutil
from pathlib import Path

from ads_pipeline.generate import generate
from benchmarks.report import today

WORK = Path(".bench")
"""Where drops, homes and servers of the benchmarks are."""


def make_drop(name: str, events: int, *, days: int = 7, duplicates: float = 0) -> Path:
    """One gzip file of generated events, the days in order.

    Args:
        name: of the file; a drop of that name of the same day is used again.
        duplicates: the per cent of the events that stand twice.
    """
    path = WORK / f"{today()}-{name}.ndjson.gz"
    if not path.exists():
        out = WORK / f"{name}.out"
        shutil.rmtree(out, ignore_errors=True)
        generate(out, events=events, days=days, drops=days, seed=1, duplicates=duplicates, corrections=0, malformed=0, late=0, end=today())
        with path.open("wb") as whole:  # gzip files one after another are a gzip file
            for part in sorted(out.rglob("*.ndjson.gz")):
                whole.write(part.read_bytes())
        shutil.rmtree(out)
    return path
