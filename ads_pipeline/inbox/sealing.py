"""Seal the spool into drops: closed segments become `events/dt=…/….ndjson.zst` in the landing store, one after another.

Every worker of a host runs a sealer; a lock lets one of them seal at a time, the oldest segment first, so that drops land in the
order in which their events were acknowledged. A segment is deleted after its drop has landed and its receipts are stored. If a
worker dies before that, the next one seals the segment again, and the landing store leaves the drop of that name as it is. A
damaged segment is kept as `.broken`.
"""

import fcntl
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ads_pipeline.errors import AdsError
from ads_pipeline.inbox import metrics
from ads_pipeline.inbox.receipts import Receipts
from ads_pipeline.inbox.spool import Segment, Spool
from ads_pipeline.landing import WritableStore
from ads_pipeline.landing.zstd import ZstdFile

log = logging.getLogger(__name__)

PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between looks at the spool, and the longest pause: it doubles while the landing store fails."""


class Sealer:
    """Seals segments that are old or large enough, in a thread.

    Args:
        age: seconds after which an open segment is closed and sealed.
        size: bytes after which it is.
    """

    def __init__(self, folder: Path, store: WritableStore, *, age: float, size: int) -> None:
        self._folder, self._store, self._age, self._size = folder, store, age, size
        self._spool, self._receipts = Spool(folder), Receipts(folder)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Seal everything, and end the thread."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        """Seal what a dead worker left first, then what is due, and everything at the end."""
        age, pause = 0.0, PAUSE
        while True:
            last = self._ended.is_set()
            try:
                self._seal_due(0.0 if last else age, wait=last)
                pause = PAUSE
            except (AdsError, OSError, sqlite3.Error) as error:
                metrics.SEAL_FAILURES.inc()
                log.error("sealing failed, events stay in %s until it succeeds: %s", self._folder, error)
                pause = min(pause * 2, LONGEST_PAUSE)
            if last:
                break
            age = self._age
            self._ended.wait(pause)
        self._receipts.close()

    def _seal_due(self, age: float, *, wait: bool) -> None:
        try:
            with self._spool.locked():
                self._spool.close_segment(age=age, size=self._size)
            with _seal_lock(self._folder, wait=wait) as held:
                for segment in self._spool.closed() if held else []:
                    self._seal(segment)
        finally:
            metrics.SEAL_LAG.set(time.time() - self._spool.oldest())

    def _seal(self, segment: Segment) -> None:
        begun = datetime.fromtimestamp(segment.begun, UTC)
        name = f"events/dt={begun:%Y-%m-%d}/{begun:%Y%m%dT%H%M%S.%fZ}-{segment.name.partition('-')[2]}.ndjson.zst"
        packed = segment.path.with_suffix(".zst")
        size, damage, records = 0, 0, []
        with ZstdFile(packed, "wb", level=1) as file:
            for frame in segment.frames():
                if frame is None:
                    damage += 1
                    continue
                size += file.write(frame.lines)
                records += [json.loads(frame.receipt)] if frame.receipt else []
        if size:
            self._store.put(name, packed)
            self._receipts.add(records)
            metrics.SEALED.inc()
            log.info("sealed %s: %d bytes of events", name, size)
        packed.unlink()
        if damage:
            _keep_aside(segment, damage)
        else:
            segment.path.unlink()


def _keep_aside(segment: Segment, damage: int) -> None:
    """Keep a damaged segment, whose whole frames have been sealed, so that somebody may recover more of it."""
    broken = segment.path.rename(segment.path.with_suffix(".broken"))
    metrics.DAMAGED.inc()
    log.error(
        "%s was damaged in %d places, by its disk or by lost power: acknowledged events may be lost there; the rest is sealed",
        broken,
        damage,
    )


@contextmanager
def _seal_lock(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Whether this worker holds the lock to seal."""
    handle = os.open(folder / "seal.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)
