"""The power goes while the service keeps requests and seals them: what was acknowledged lands, once."""

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from ads_pipeline.inbox.committer import Committer, Submission
from ads_pipeline.inbox.receipts import Receipts
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.landing import FolderStore
from tests.compression import zstd
from tests.power.disk import Loss
from tests.power.recording import LOSSES, Recording, record, tree

pytestmark = pytest.mark.xdist_group("power_service")  # one process, so that one run is recorded


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    work = tmp_path_factory.mktemp("service")
    return record("recorded_service.py", work / "home", work, str(work / "home"))


def test_the_recording_is_whole(recording: Recording, tmp_path: Path) -> None:
    """But for the index of SQLite's log, which is mapped into memory and made anew."""
    recording.disk(len(recording.calls)).after("nothing", random.Random(0), tmp_path / "rebuilt")
    found, truth = tree(tmp_path / "rebuilt"), tree(recording.folder)
    for names in (found, truth):
        names.pop("spool/receipts.sqlite-shm", None)
    assert found == truth


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("cuts", [8, pytest.param(300, marks=pytest.mark.slow)])
def test_what_was_acknowledged_lands_once(recording: Recording, loss: Loss, cuts: int, tmp_path: Path) -> None:
    rng = random.Random(loss)
    for cut in [*rng.sample(range(len(recording.calls)), k=min(cuts, len(recording.calls))), len(recording.calls)]:
        kept, home = set(recording.words("kept", cut)), tmp_path / "home"
        shutil.rmtree(home, ignore_errors=True)
        recording.disk(cut).after(loss, random.Random(cut), home)
        if not (home / "landing").exists():
            assert not kept
            continue
        committer = Committer(home / "spool", seal_bytes=700)
        committer.commit(Submission(b"again\n", {}, key="again")).result()
        committer.close()
        Sealer(home / "spool", FolderStore(home / "landing"), age=1000, size=1 << 30).close()
        drops = [home / "landing" / drop.name for drop in FolderStore(home / "landing").list()]
        landed = Counter(line.split()[0].decode() for drop in drops for line in zstd.decompress(drop.read_bytes()).splitlines())
        receipts = Receipts(home / "spool")
        assert kept | {"again"} <= landed.keys(), (loss, cut)
        assert max(landed.values(), default=1) == 1, (loss, cut)
        assert all(receipts.find(name) for name in kept), (loss, cut)
        receipts.close()
