"""The power goes at a statement of a run: the next `ads ingest` ends exact, and nothing that was reported done is lost."""

import json
import pickle
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.settings import load_settings
from tests.engine.test_exactness import random_events, truth, write_drop
from tests.power.disk import Loss
from tests.power.recording import LOSSES, Recording, record, tree

pytestmark = pytest.mark.xdist_group("power")  # one process, so that one run is recorded


@dataclass
class Run:
    """A recorded run, its home, and the events of its drops."""

    recording: Recording
    home: Path
    drops: list[list[dict[str, Any]]]


@pytest.fixture(scope="module", params=["inserted", "attached"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Six drops, of which three land later; new events are inserted, or attached where that can be."""
    work, rng = tmp_path_factory.mktemp("power"), random.Random(7)
    settings = load_settings(home=work / "home")
    drops = [random_events(rng, 20) for _ in range(6)]
    for number, drop in enumerate(drops):
        write_drop(settings, number, [json.dumps(event) for event in drop] + ["no json"])
    for path in sorted(Path(settings.landing).rglob("*.ndjson"), key=lambda path: path.stat().st_mtime)[3:]:
        later = settings.home / "later" / path.relative_to(settings.landing)
        later.parent.mkdir(parents=True, exist_ok=True)
        path.rename(later)
    recording = record("recorded_run.py", settings.home / "clickhouse", work, str(settings.home), request.param)
    computed = [call for call in recording.calls[: recording.marks("done")[0]] if b"INSERT INTO {{ scratch }}" in call.one]
    assert bool(computed) == (request.param == "attached"), "rollups are computed beside what is attached"
    return Run(recording, settings.home, drops)


def test_the_recording_is_whole(run: Run, tmp_path: Path) -> None:
    run.recording.disk(len(run.recording.calls)).after("nothing", random.Random(0), tmp_path / "rebuilt")
    assert tree(tmp_path / "rebuilt") == tree(run.recording.folder)


def recover(run: Run, cut: int, loss: Loss, home: Path) -> dict[str, Any]:
    """Cut, lose, and ingest. Drops reported loaded are no longer in the landing folder, so that nobody can load them again."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    run.recording.disk(cut).after(loss, random.Random(cut), home / "clickhouse")
    shutil.copytree(run.home / "landing", home / "landing")
    for name in set(run.recording.words("done", cut)):
        (home / "landing" / name).unlink()
    command = [sys.executable, "-m", "tests.power.recovered_run", str(home)]
    result = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()[-3000:]
    return dict(pickle.loads(result.stdout))


def assert_exact(run: Run, found: dict[str, Any]) -> None:
    kept, totals = truth(run.drops)
    assert found["rollup"] == totals
    assert found["raw"] == {key: (event["campaign_id"], event["event_type"], Decimal(event["cost"])) for key, event in kept.items()}
    assert sum(row["accepted"] for row in found["ledger"]) == len(kept)
    assert sum(row["lines"] for row in found["ledger"]) == sum(map(len, run.drops)) + len(run.drops)
    assert found["failing"] == []


@pytest.mark.parametrize(
    ("loss", "share"),
    [
        ("emptied", 1),
        ("ordered", 0.6),
        ("mixed", 0.9),
        *(pytest.param(loss, share, marks=pytest.mark.slow) for loss, share in [("emptied", 0.8), ("torn", 0.7), ("unnamed", 0.3)]),
    ],
)
def test_power_lost_at_a_statement(run: Run, loss: Loss, share: float, tmp_path: Path) -> None:
    statements = run.recording.marks("statement")
    cut = statements[int(share * (len(statements) - 1))]
    assert_exact(run, recover(run, cut, loss, tmp_path / "home"))


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("loss", LOSSES)
def test_power_lost_at_every_statement(run: Run, loss: Loss, tmp_path: Path) -> None:
    for cut in run.recording.marks("statement"):
        found = recover(run, cut, loss, tmp_path / "home")
        assert_exact(run, found)
