"""Group commit: one thread of each worker appends all waiting submissions, another syncs what was appended and lets it be answered.

So what comes while a disk syncs is appended meanwhile, and the next sync serves all of it.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ads_pipeline.inbox import metrics
from ads_pipeline.inbox.frames import Frame
from ads_pipeline.inbox.origin import Origin
from ads_pipeline.inbox.receipts import Receipts
from ads_pipeline.inbox.spool import OpenSegment, Spool

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(slots=True)
class Submission:
    """The lines of one request, to be stored, and the answer that goes with them.

    Args:
        lines: ends with a line feed.
        answer: what the client is told: JSON values.
        key: a digest of client and idempotency key (see `receipts.key_digest`), or empty. A submission whose key is known is not
            stored again: the receipt of the first one is the result.
        digest: of the body, so that another body under the same key can be told.
        origin: who sends it, and to which source.
    """

    lines: bytes
    answer: dict[str, Any]
    key: str = ""
    digest: str = ""
    origin: Origin = field(default_factory=Origin)
    done: "Future[dict[str, Any]]" = field(default_factory=Future)

    @property
    def receipt(self) -> dict[str, Any]:
        """What is stored with the lines, and returned to whoever sends the key again."""
        return {"key": self.key, "digest": self.digest, "answer": self.answer} | self.origin.record()

    def frame(self) -> Frame:
        """The frame that a segment gets."""
        kept = self.receipt if self.key else {"key": "", **record} if (record := self.origin.record()) else None
        return Frame(json.dumps(kept).encode() if kept else b"", self.lines)


@dataclass(slots=True)
class Appended:
    """Submissions that were appended together, and what each is told when the file is synced; there may be nothing to sync."""

    group: list[Submission]
    results: list[dict[str, Any]]
    file: OpenSegment | None


class Committer:
    """Stores submissions; called from any thread."""

    def __init__(self, folder: Path, seal_bytes: int) -> None:
        self._spool, self._receipts, self._seal_bytes = Spool(folder), Receipts(folder), seal_bytes
        self._waiting: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()
        self._appended: queue.SimpleQueue[Appended | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._append_all, name="committer", daemon=True),
            threading.Thread(target=self._sync_all, name="syncer", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def commit(self, submission: Submission) -> "Future[dict[str, Any]]":
        """Store a submission. The future holds its receipt, or the first one's if the key is known, once it is on disk.

        It fails with an OSError when the disk is full or fails; then nothing of it counts as stored.
        """
        self._waiting.put(submission)
        return submission.done

    def close(self) -> None:
        """Store what waits, and end."""
        self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _append_all(self) -> None:
        for group in _groups(self._waiting):
            try:
                self._appended.put(self._append(group))
            except Exception as error:
                _fail(group, error)
        self._receipts.close()
        self._appended.put(None)

    def _append(self, group: list[Submission]) -> Appended:
        """Append all of a group or none: whoever gets an error sends again, whoever gets none is safe."""
        results: list[dict[str, Any]] = []
        frames: list[Frame] = []
        new: dict[str, dict[str, Any]] = {}
        with self._spool.locked():
            for submission in group:
                key = submission.key
                known = (_find(self._spool, self._receipts, key) or new.get(key)) if key else None
                if known is None:
                    known = new[key] = submission.receipt
                    frames.append(submission.frame())
                results.append(known)
            if frames and self._spool.append(frames) >= self._seal_bytes:
                self._spool.close_segment()
            return Appended(group, results, self._spool.file)

    def _sync_all(self) -> None:
        for appended in _groups(self._appended):
            errors = {file: _synced(file) for file in {one.file for one in appended} if file}
            for one in appended:
                if one.file and (error := errors[one.file]):
                    _fail(one.group, error)
                    continue
                for submission, result in zip(one.group, one.results, strict=True):
                    submission.done.set_result(result)


def _groups(waiting: "queue.SimpleQueue[T | None]") -> Iterator[list[T]]:
    """What waits, all of it at a time, until there is a None."""
    going_on = True
    while going_on:
        found = [waiting.get()]
        while not waiting.empty():
            found.append(waiting.get())
        going_on = None not in found
        yield [one for one in found if one is not None]


def _synced(file: OpenSegment) -> OSError | None:
    """Sync what was appended; what went wrong, if anything did."""
    started = time.perf_counter()
    try:
        file.sync()
    except OSError as error:
        return error
    metrics.FSYNC.observe(time.perf_counter() - started)
    return None


def _fail(group: list[Submission], error: Exception) -> None:
    log.error("%d requests could not be stored: %s", len(group), error)
    for submission in group:
        submission.done.set_exception(error)


def _find(spool: Spool, receipts: Receipts, key: str) -> dict[str, Any] | None:
    """The receipt of a known key. A segment is deleted only after its receipts were added to `receipts`, so one of the two has it."""
    for records in spool.receipts.values():
        if key in records:
            return dict(records[key])
    return receipts.find(key)
