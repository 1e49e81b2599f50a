"""Group commit: a thread of each worker appends all waiting submissions, syncs them at once, and lets them be answered.

So what comes while a disk syncs waits for the next sync, which serves all of it.
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
from typing import Any

from ads_pipeline.inbox import metrics
from ads_pipeline.inbox.frames import Frame
from ads_pipeline.inbox.origin import Origin
from ads_pipeline.inbox.receipts import Receipts
from ads_pipeline.inbox.spool import OpenSegment, Spool

log = logging.getLogger(__name__)


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


class Committer:
    """Stores submissions; called from any thread."""

    def __init__(self, folder: Path, seal_bytes: int) -> None:
        self._spool, self._receipts, self._seal_bytes = Spool(folder), Receipts(folder), seal_bytes
        self._waiting: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def commit(self, submission: Submission) -> "Future[dict[str, Any]]":
        """Store a submission. The future holds its receipt, or the first one's if the key is known, once it is on disk.

        It fails with an OSError when the disk is full or fails; then nothing of it counts as stored.
        """
        self._waiting.put(submission)
        return submission.done

    def close(self) -> None:
        """Store what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        for group in _groups(self._waiting):
            try:
                results, file = self._append(group)
                if file:
                    _sync(file)
            except Exception as error:
                _fail(group, error)
                continue
            for submission, result in zip(group, results, strict=True):
                submission.done.set_result(result)
        self._receipts.close()

    def _append(self, group: list[Submission]) -> tuple[list[dict[str, Any]], OpenSegment | None]:
        """Append all of a group or none: whoever gets an error sends again, whoever gets none is safe once the file is synced."""
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
            return results, self._spool.file


def _groups(waiting: "queue.SimpleQueue[Submission | None]") -> Iterator[list[Submission]]:
    """What waits, all of it at a time, until there is a None."""
    going_on = True
    while going_on:
        found = [waiting.get()]
        while not waiting.empty():
            found.append(waiting.get())
        going_on = None not in found
        yield [one for one in found if one is not None]


def _sync(file: OpenSegment) -> None:
    started = time.perf_counter()
    file.sync()
    metrics.FSYNC.observe(time.perf_counter() - started)


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
