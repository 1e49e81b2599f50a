"""Group commit: one thread per worker appends all waiting submissions, syncs once, and then lets all of them be answered."""

import json
import logging
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ads_pipeline.inbox import metrics
from ads_pipeline.inbox.frames import Frame
from ads_pipeline.inbox.origin import Origin
from ads_pipeline.inbox.receipts import Receipts
from ads_pipeline.inbox.spool import Spool

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
        going_on = True
        while going_on:
            group = [self._waiting.get()]
            while not self._waiting.empty():
                group.append(self._waiting.get())
            going_on = None not in group
            self._commit([submission for submission in group if submission])
        self._receipts.close()

    def _commit(self, group: list[Submission]) -> None:
        """Store all of a group or none: whoever gets an error sends again, whoever gets none is safe."""
        try:
            results = self._store(group)
        except Exception as error:
            log.error("%d requests could not be stored: %s", len(group), error)
            for submission in group:
                submission.done.set_exception(error)
            return
        for submission, result in zip(group, results, strict=True):
            submission.done.set_result(result)

    def _store(self, group: list[Submission]) -> list[dict[str, Any]]:
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
        started = time.perf_counter()
        self._spool.sync()
        metrics.FSYNC.observe(time.perf_counter() - started)
        return results


def _find(spool: Spool, receipts: Receipts, key: str) -> dict[str, Any] | None:
    """The receipt of a known key. A segment is deleted only after its receipts were added to `receipts`, so one of the two has it."""
    for records in spool.receipts.values():
        if key in records:
            return dict(records[key])
    return receipts.find(key)
