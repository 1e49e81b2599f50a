"""The power goes at a statement of a run: the next `ads ingest` ends exact, and nothing that was reported done is lost."""

import json
import os
import pickle
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from ads_pipeline.settings import load_settings
from tests.engine.test_exactness import random_events, truth, write_drop
from tests.power.disk import Call, Disk, Loss, read_calls

HERE = Path(__file__).parent
LOSSES = [loss for loss in get_args(Loss) if loss != "nothing"]


@dataclass
class Recording:
    """A run's calls, the statements among them (as indexes), and the drops with their events."""

    folder: Path
    home: Path
    calls: list[Call]
    drops: list[list[dict[str, Any]]]

    @property
    def statements(self) -> list[int]:
        return [index for index, call in enumerate(self.calls) if call.what == b"m" and call.one.startswith(b"statement")]

    def done(self, cut: int) -> set[str]:
        """The drops reported loaded before a cut."""
        marks = [call.one.decode().split()[1:] for call in self.calls[:cut] if call.what == b"m" and call.one.startswith(b"done")]
        return set(marks[-1]) if marks else set()

    def disk(self, cut: int) -> Disk:
        disk = Disk(self.home / "clickhouse")
        for call in self.calls[:cut]:
            disk.play(call)
        return disk


def record(folder: Path) -> Recording:
    """Run with the recorder; six drops, of which three land later."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler or sys.platform != "linux":
        pytest.skip("no C compiler on Linux: writes cannot be recorded")
    library = folder / "recorder.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, HERE / "recorder.c", "-ldl", "-lpthread"], check=True)
    home, rng = folder / "home", random.Random(7)
    settings = load_settings(home=home)
    drops = [random_events(rng, 20) for _ in range(6)]
    for number, drop in enumerate(drops):
        write_drop(settings, number, [json.dumps(event) for event in drop] + ["no json"])
    for path in sorted(Path(settings.landing).rglob("*.ndjson"), key=lambda path: path.stat().st_mtime)[3:]:
        later = home / "later" / path.relative_to(settings.landing)
        later.parent.mkdir(parents=True, exist_ok=True)
        path.rename(later)
    (home / "clickhouse").mkdir()
    recorder = {"LD_PRELOAD": str(library), "RECORDING": str(folder / "recording"), "RECORDED_FOLDER": str(home / "clickhouse")}
    result = subprocess.run(
        [sys.executable, HERE / "recorded_run.py", home], env=os.environ | recorder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return Recording(folder, home, read_calls(folder / "recording"), drops)


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("power"))


def tree(folder: Path) -> dict[str, Any]:
    """Every name below a folder with what it is."""
    return {
        str(path.relative_to(folder)): path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_the_recording_is_whole(recording: Recording, tmp_path: Path) -> None:
    recording.disk(len(recording.calls)).after("nothing", random.Random(0), tmp_path / "rebuilt")
    assert tree(tmp_path / "rebuilt") == tree(recording.home / "clickhouse")


def recover(recording: Recording, cut: int, loss: Loss, seed: int, home: Path) -> dict[str, Any]:
    """Cut, lose, and ingest. Drops reported loaded are no longer in the landing folder, so that nobody can load them again."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    recording.disk(cut).after(loss, random.Random(seed), home / "clickhouse")
    shutil.copytree(recording.home / "landing", home / "landing")
    for name in recording.done(cut):
        (home / "landing" / name).unlink()
    command = [sys.executable, "-m", "tests.power.recovered_run", str(home)]
    result = subprocess.run(command, cwd=HERE.parent.parent, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()[-3000:]
    return dict(pickle.loads(result.stdout))


def assert_exact(recording: Recording, found: dict[str, Any]) -> None:
    kept, totals = truth(recording.drops)
    assert found["rollup"] == totals
    assert found["raw"] == {key: (event["campaign_id"], event["event_type"], Decimal(event["cost"])) for key, event in kept.items()}
    assert sum(row["accepted"] for row in found["ledger"]) == len(kept)
    assert sum(row["lines"] for row in found["ledger"]) == sum(map(len, recording.drops)) + len(recording.drops)
    assert found["failing"] == []


@pytest.mark.parametrize("loss", LOSSES)
def test_power_lost_at_a_statement(recording: Recording, loss: Loss, tmp_path: Path) -> None:
    rng = random.Random(loss)
    assert_exact(recording, recover(recording, rng.choice(recording.statements), loss, 1, tmp_path / "home"))


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("loss", LOSSES)
def test_power_lost_at_every_statement(recording: Recording, loss: Loss, tmp_path: Path) -> None:
    for cut in recording.statements:
        assert_exact(recording, recover(recording, cut, loss, cut, tmp_path / "home"))
