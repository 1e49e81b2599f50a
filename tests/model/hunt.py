"""Run many seeds, and make what fails small: `python -m tests.model.hunt FIRST LAST [--steps N] [--processes]`."""

import argparse
import logging
import os
import shutil
import tempfile
import time
import traceback
import uuid
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

from tests.model.model import Model
from tests.model.steps import Generator
from tests.model.world import Step, World


def run_steps(model: Model, steps: Sequence[Step]) -> str:
    """Do steps in a fresh home; the first difference, or nothing."""
    os.environ["ADS_DATABASE"] = f"test_{uuid.uuid4().hex[:12]}" if os.environ.get("ADS_CLICKHOUSE_DSN") else "ads"
    home = Path(tempfile.mkdtemp(prefix="model-"))
    try:
        with World(home, deepcopy(model)) as world:
            for number, step in enumerate(steps):
                try:
                    world.do(step)
                except Exception:
                    return f"step {number}: {step}\n{traceback.format_exc(limit=-4)}"
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return ""


def draw(seed: int, count: int, *, processes: bool) -> tuple[Model, list[Step], str]:
    """Draw and do steps until one fails."""
    generator, steps = Generator(seed, processes=processes), list[Step]()
    start = generator.model()
    os.environ["ADS_DATABASE"] = f"test_{uuid.uuid4().hex[:12]}" if os.environ.get("ADS_CLICKHOUSE_DSN") else "ads"
    home = Path(tempfile.mkdtemp(prefix="model-"))
    try:
        with World(home, deepcopy(start)) as world:
            for _ in range(count):
                steps.append(generator.step(world.model))
                try:
                    world.do(steps[-1])
                except Exception:
                    return start, steps, traceback.format_exc(limit=-4)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return start, steps, ""


def kind_of(failure: str) -> str:
    """What failed, without the values: so that a smaller sequence is of the same failure."""
    lines = [line for line in failure.splitlines() if ("Error" in line or "Difference" in line) and not line.startswith(" ")]
    return lines[-1].split(" differs")[0][:60] if lines else failure[-60:]


def shrink(model: Model, steps: list[Step], failure: str, seconds: float = 240) -> tuple[list[Step], str]:
    """Leave steps out, and lines of drops, as long as the same kind of failure stays."""
    kind, until, size = kind_of(failure), time.monotonic() + seconds, max(1, len(steps) // 2)
    while time.monotonic() < until:
        at, smaller = 0, False
        while at < len(steps) and time.monotonic() < until:
            fewer = steps[:at] + steps[at + size :]
            if fewer and kind_of(found := run_steps(model, fewer)) == kind:
                steps, failure, smaller = fewer, found, True
            else:
                at += size
        if size == 1 and not smaller:
            break
        size = max(1, size // 2)
    for at, step in enumerate(steps):
        for line in reversed(range(len(step.arguments.get("lines", [])))):
            lines = steps[at].arguments["lines"]
            fewer = [*steps[:at], Step("land", steps[at].arguments | {"lines": lines[:line] + lines[line + 1 :]}), *steps[at + 1 :]]
            if time.monotonic() < until + 60 and kind_of(found := run_steps(model, fewer)) == kind:
                steps, failure = fewer, found
    return steps, failure


def told(model: Model, steps: Sequence[Step], failure: str) -> str:
    """A failure that can be done again: the home and its steps."""
    now = f"datetime.fromisoformat({model.now.isoformat()!r})"
    home = f"Model({model.zone!r}, {model.retention}, {model.batch_drops}, {now}, large={model.large})"
    return "\n".join([home, *(f"  {step!r}," for step in steps), failure])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--processes", action="store_true")
    parser.add_argument("--no-shrink", action="store_true")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    for seed in range(chosen.first, chosen.last):
        begun = time.monotonic()
        model, steps, failure = draw(seed, chosen.steps, processes=chosen.processes)
        print(f"seed {seed}: {'FAILED ' + kind_of(failure) if failure else 'ok'} {time.monotonic() - begun:.0f} s", flush=True)
        if failure and not chosen.no_shrink:
            steps, failure = shrink(model, steps, failure)
        if failure:
            print(told(model, steps, failure), flush=True)


if __name__ == "__main__":
    main()
