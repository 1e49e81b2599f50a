"""Helpers: append to a spool, seal it, and read what has landed."""

import json
from pathlib import Path

from ads_pipeline.inbox.frames import Frame
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.inbox.spool import Spool
from ads_pipeline.landing import FolderStore
from tests.compression import zstd


def lines(folder: Path) -> list[str]:
    """The lines of all drops in the order in which they landed."""
    drops = sorted(FolderStore(folder).list(), key=lambda drop: (drop.landed_day, drop.landed_at, drop.name))
    return [line for drop in drops for line in zstd.decompress((folder / drop.name).read_bytes()).decode().splitlines()]


def seal(tmp_path: Path) -> list[str]:
    (tmp_path / "landing").mkdir(exist_ok=True)
    Sealer(tmp_path / "spool", FolderStore(tmp_path / "landing"), age=1000, size=1 << 30).close()
    return lines(tmp_path / "landing")


def append(spool: Spool, *texts: str, key: str = "") -> None:
    with spool.locked():
        spool.append([Frame(json.dumps({"key": key}).encode() if key else b"", f"{text}\n".encode()) for text in texts])
