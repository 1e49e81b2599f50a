"""Random sequences of everything that may happen, beside a model of the promises; see `model`, `steps` and `world`.

A failure prints the home and its steps. The seed of a failing test draws them again; `python -m tests.model.hunt SEED SEED+1` makes
them fewer. A short sequence that ended wrong stands in `known` from then on.
"""

from copy import deepcopy
from pathlib import Path

import pytest

from tests.engines import cluster, drop_databases, server, use_database
from tests.model.hunt import told
from tests.model.known import KNOWN, home
from tests.model.steps import Generator
from tests.model.world import Step, World
from tests.servers import Cluster, Server

__all__ = ["cluster", "server"]


def run(home: Path, seed: int, count: int, *, processes: bool) -> None:
    """Draw steps and do them; a failure tells them all."""
    generator, steps = Generator(seed, processes=processes), list[Step]()
    start = generator.model()
    with World(home, deepcopy(start)) as world:
        for _ in range(count):
            steps.append(generator.step(world.model))
            try:
                world.do(steps[-1])
            except Exception as error:
                raise AssertionError(f"seed {seed}\n{told(start, steps, str(error))}") from error


QUICK = (
    "the part with the correction is lost",
    "what a drop corrected has expired, then it was loaded again",
    "a drop that corrected an event was overwritten, and the day has expired",
)


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in KNOWN])
def test_what_once_went_wrong(name: str, tmp_path: Path) -> None:
    with World(tmp_path, home()) as world:
        for step in KNOWN[name]:
            world.do(step)


@pytest.mark.parametrize(("seed", "count"), [(1, 12), *(pytest.param(seed, 25, marks=pytest.mark.slow) for seed in range(1, 40))])
def test_whatever_happens(seed: int, count: int, tmp_path: Path) -> None:
    run(tmp_path, seed, count, processes=False)


@pytest.mark.parametrize(("seed", "count"), [(1, 8), *(pytest.param(seed, 12, marks=pytest.mark.slow) for seed in range(1, 20))])
def test_whatever_is_killed_or_meets_another(seed: int, count: int, tmp_path: Path) -> None:
    run(tmp_path, seed, count, processes=True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 104))
def test_a_long_life(seed: int, tmp_path: Path) -> None:
    run(tmp_path, seed, 300, processes=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(200, 206))
@pytest.mark.parametrize("where", ["server", "cluster"])
def test_on_servers(where: str, seed: int, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    running: Server | Cluster = request.getfixturevalue(where)
    use_database(running, monkeypatch)
    run(tmp_path, seed, 40, processes=True)
    drop_databases(running)
