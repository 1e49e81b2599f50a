"""Seal the spool into drops: closed segments become `<source>/dt=…/….ndjson.zst` in the landing store, one after another.

Every worker of a host runs a sealer; a lock lets one of them seal at a time, the oldest segment first, so that drops land in the
order in which their events were acknowledged. A segment is deleted after its drop has landed and its receipts are stored. If a
worker dies before that, the next one seals the segment again, and the landing store leaves the drop of that name as it is. A
damaged segment is kept as `.broken`. Whatever fails is tried again: no error ends the sealer.

A drop is packed in memory, and room for landing it is set aside on the disk: so a full disk is emptied.
"""

import fcntl
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ads_pipeline.errors import AdsError, LandingError
from ads_pipeline.inbox import metrics
from ads_pipeline.inbox.ballast import Ballast
from ads_pipeline.inbox.frames import Damage
from ads_pipeline.inbox.origin import drop_suffix, origin_of
from ads_pipeline.inbox.receipts import Receipts
from ads_pipeline.inbox.spool import Segment, Spool
from ads_pipeline.landing import DEFAULT_SOURCE, WritableStore
from ads_pipeline.landing.zstd import ZstdFile

log = logging.getLogger(__name__)

PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between looks at the spool while events wait there, and the longest pause: it doubles while the landing store fails."""

IDLE_PAUSE = 2.0
"""Seconds between looks while none wait, unless they are to be sealed sooner: an idle service costs next to nothing."""

LATE = 120.0
"""Seconds beyond the age at which events are sealed after which the service is not ready."""


class Sealer:
    """Seals segments that are old or large enough, in a thread.

    Args:
        age: seconds after which an open segment is closed and sealed.
        size: bytes after which it is.
    """

    def __init__(self, folder: Path, store: WritableStore, *, age: float, size: int) -> None:
        self._folder, self._store, self._age, self._size = folder, store, age, size
        self._spool, self._receipts = Spool(folder), Receipts(folder)
        self._ballast = Ballast(folder / "ballast", size // 4)
        self._ended = threading.Event()
        self._waiting, self._lag, self._error = 0, 0.0, ""
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Seal everything, and end the thread."""
        self._ended.set()
        self._thread.join()

    def trouble(self) -> dict[str, str]:
        """What keeps events from being sealed: words for anybody, and the details."""
        if not self._thread.is_alive():
            return {"the sealer has ended": f"the sealer of {self._folder} has ended: restart the service"}
        if self._lag > self._age + LATE:
            details = f"events in {self._folder} have waited for {self._lag:.0f} s: {self._error or '`ads spool check` shows what waits'}"
            return {"events wait to be sealed": details}
        return {}

    def _run(self) -> None:
        """Seal what a dead worker left first, then what is due, and everything at the end."""
        age, pause = 0.0, PAUSE
        while True:
            last = self._ended.is_set()
            try:
                self._pass(0.0 if last else age, wait=last)
                pause, self._error = PAUSE if self._waiting else max(PAUSE, min(IDLE_PAUSE, self._age / 4)), ""
            except Exception as error:  # whatever it is, what is acknowledged is tried again
                metrics.SEAL_FAILURES.inc()
                expected = isinstance(error, AdsError | OSError | sqlite3.Error)
                log.error("sealing failed, events stay in %s until it succeeds: %s", self._folder, error, exc_info=not expected)
                pause, self._error = min(pause * 2, LONGEST_PAUSE), str(error)
            if last:
                break
            age = self._age
            self._ended.wait(pause)
        self._receipts.close()
        self._ballast.release()

    def _pass(self, age: float, *, wait: bool) -> None:
        try:
            with self._spool.locked():
                self._spool.close_segment(age=age, size=self._size)
            with _seal_lock(self._folder, wait=wait) as held:
                self._seal_all(self._spool.closed() if held else [])
        finally:
            self._measure()

    def _seal_all(self, segments: list[Segment]) -> None:
        """Seal segments in order. One that cannot be read holds up no other; a landing store that fails does, so that order is kept."""
        errors: list[Exception] = []
        for segment in segments:
            try:
                self._seal_with_room(segment)
            except LandingError:
                raise
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
        if segments or not self._ended.is_set():
            self._ballast.hold()

    def _seal_with_room(self, segment: Segment) -> None:
        try:
            self._seal(segment)
        except (OSError, AdsError, sqlite3.Error):
            if not self._ballast.is_short() or not self._ballast.release():
                raise
            log.warning("%s is full: what was set aside is used to seal", self._folder)
            self._seal(segment)

    def _seal(self, segment: Segment) -> None:
        """Land a segment's events, one drop for each source that they were sent to."""
        damage, records = 0, []
        with ExitStack() as stack:
            parts: dict[str, _Part] = {}
            for item in segment.frames():
                damage += isinstance(item, Damage)
                if frame := item.frame if isinstance(item, Damage) else item:
                    receipt = json.loads(frame.receipt) if frame.receipt else {}
                    records += [receipt] if receipt.get("key") else []
                    origin = origin_of(receipt)
                    if origin.source not in parts:
                        parts[origin.source] = _Part(stack)
                    parts[origin.source].add(frame.lines, origin.key)
            for source, part in parts.items():
                name = drop_name(segment, drop_suffix(part.keys), source)
                self._store.put(name, part.packed())
                metrics.SEALED.inc()
                log.info("sealed %s: %d bytes of events", name, part.size)
            self._receipts.add(records)
        if damage:
            _keep_aside(segment, damage)
        else:
            segment.path.unlink()

    def _measure(self) -> None:
        """Say how the spool stands."""
        found = self._spool.look()
        self._waiting, self._lag = len(found.waiting), self._spool.lag(found.waiting)
        metrics.SEAL_LAG.set(self._lag)
        metrics.LAST_PASS.set(time.time())
        metrics.SPOOL_BYTES.set(sum(segment.size for segment in found.waiting))
        for state, files in (("waiting", found.waiting), ("broken", found.broken), ("foreign", found.foreign)):
            metrics.SEGMENTS.labels(state).set(len(files))


class _Part:
    """The events of a segment that were sent to one source, packed in memory."""

    def __init__(self, stack: ExitStack) -> None:
        self._path = stack.enter_context(memory_file())
        self._file = stack.enter_context(ZstdFile(self._path, "wb", level=1))
        self.size, self.keys = 0, set[str]()

    def add(self, lines: bytes, key: str) -> None:
        """Add a request."""
        self.size += self._file.write(lines)
        self.keys.add(key)

    def packed(self) -> Path:
        """The file, complete."""
        self._file.close()
        return self._path


def drop_name(segment: Segment, kind: str = "", source: str = DEFAULT_SOURCE) -> str:
    """The drop that the events of a segment for a source become."""
    begun = datetime.fromtimestamp(segment.begun, UTC)
    return f"{source}/dt={begun:%Y-%m-%d}/{begun:%Y%m%dT%H%M%S.%fZ}-{segment.name.partition('-')[2]}{kind}.ndjson.zst"


def _keep_aside(segment: Segment, damage: int) -> None:
    """Keep a damaged segment, whose whole frames have been sealed, so that more of it may be recovered."""
    broken = segment.path.rename(segment.path.with_suffix(".broken"))
    metrics.DAMAGED.inc()
    log.error(
        "%s was damaged in %d places, by its disk or by lost power: acknowledged events may be lost there; the rest is sealed, "
        "and `ads spool salvage` looks for more",
        broken,
        damage,
    )


@contextmanager
def memory_file() -> Iterator[Path]:
    """A file that takes no room on a disk, under a name that this process can open it by."""
    handle = os.memfd_create("drop", os.MFD_CLOEXEC)
    try:
        yield Path(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


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
