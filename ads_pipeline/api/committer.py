"""Group commit: one thread a worker appends whatever requests wait, syncs once, and lets them all answer."""

import json
import logging
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ads_pipeline.api import metrics
from ads_pipeline.api.receipts import Receipts
from ads_pipeline.api.spool import Frame, Spool

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Request:
    """Lines to be kept, with what is to be answered.

    `answer` is `{status, body}`. With a `key` (see `receipts.key_digest`) a request whose key is known is
    not kept again: the first one's receipt is the result.
    """

    lines: bytes
    answer: dict[str, Any]
    key: str = ""
    digest: str = ""
    done: "Future[dict[str, Any]]" = field(default_factory=Future)

    @property
    def receipt(self) -> dict[str, Any]:
        """What stands in the frame, and is given to whoever sends the key again."""
        return {"key": self.key, "digest": self.digest, "answer": self.answer}

    def frame(self) -> Frame:
        """As it is to stand in a segment."""
        return Frame(json.dumps(self.receipt).encode() if self.key else b"", self.lines)


class Committer:
    """Takes requests from any thread."""

    def __init__(self, folder: Path, seal_bytes: int) -> None:
        self._spool, self._receipts, self._seal_bytes = Spool(folder), Receipts(folder), seal_bytes
        self._waiting: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def commit(self, request: Request) -> "Future[dict[str, Any]]":
        """Keep a request. The future holds its receipt, or the first one's if the key was known.

        It fails with an OSError when the disk is full or fails; then nothing counts as kept.
        """
        self._waiting.put(request)
        return request.done

    def close(self) -> None:
        """Finish what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        going_on = True
        while going_on:
            group = [self._waiting.get()]
            while not self._waiting.empty():
                group.append(self._waiting.get())
            going_on = None not in group
            self._commit([request for request in group if request])
        self._receipts.close()

    def _commit(self, group: list[Request]) -> None:
        """All or none of a group: who is told of an error sends again, and who is not has nothing to fear."""
        try:
            results = self._keep(group)
        except Exception as error:
            log.error("%d requests could not be kept: %s", len(group), error)
            for request in group:
                request.done.set_exception(error)
            return
        for request, result in zip(group, results, strict=True):
            request.done.set_result(result)

    def _keep(self, group: list[Request]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        frames: list[Frame] = []
        new: dict[str, dict[str, Any]] = {}
        with self._spool.locked():
            for request in group:
                known = (_find(self._spool, self._receipts, request.key) or new.get(request.key)) if request.key else None
                if known is None:
                    known = new[request.key] = request.receipt
                    frames.append(request.frame())
                results.append(known)
            if frames and self._spool.append(frames) >= self._seal_bytes:
                self._spool.close_segment()
        started = time.perf_counter()
        self._spool.sync()
        metrics.FSYNC.observe(time.perf_counter() - started)
        return results


def _find(spool: Spool, receipts: Receipts, key: str) -> dict[str, Any] | None:
    """The receipt of a known key. A segment's receipts are sealed before it goes, so one of the two has it."""
    for records in spool.receipts.values():
        if key in records:
            return dict(records[key])
    return receipts.find(key)
