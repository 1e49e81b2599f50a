"""Reads of rollups: one thread that holds the engine while there is something to read.

An embedded folder serves one process at a time. So the engine is opened when a read comes, kept for a moment since
opening takes longer than reading, and let go as soon as another process (an ingest, another worker) waits for it. A
read that waits for an ingest is told after a while to come again.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ads_pipeline.errors import AdsError
from ads_pipeline.pipeline.schema import prepare
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.client import Warehouse, is_wanted, open_warehouse

log = logging.getLogger(__name__)

LINGER, LOOK = 2.0, 0.05
"""Seconds that the engine is kept after the last read, and between looks whether another process waits for it."""

MEMORY = 1 << 30
"""Bytes that a read may take in the engine."""

T = TypeVar("T")


@dataclass(slots=True)
class _Read:
    call: Callable[[Warehouse], Any]
    deadline: float
    done: "Future[Any]" = field(default_factory=Future)


class Reader:
    """Runs reads one after another, in the order in which they came."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wait = settings.api_wait.total_seconds()
        self._waiting: queue.SimpleQueue[_Read | None] = queue.SimpleQueue()
        self._warehouse: Warehouse | None = None
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def read(self, call: "Callable[[Warehouse], T]") -> "Future[T]":
        """The result of a call with the engine.

        It fails with a TransientError when the engine stays in use by another process, and with whatever the call raises.
        """
        read = _Read(call, time.monotonic() + self._wait)
        self._waiting.put(read)
        return read.done

    def close(self) -> None:
        """Finish what waits, and let go of the engine."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        used = time.monotonic()
        while True:
            try:
                read = self._waiting.get(timeout=LOOK if self._warehouse else None)
            except queue.Empty:
                if is_wanted(self._settings) or time.monotonic() - used > LINGER:
                    self._let_go()
                continue
            if read is None:
                break
            self._serve(read)
            used = time.monotonic()
            if is_wanted(self._settings):
                self._let_go()
        self._let_go()

    def _serve(self, read: _Read) -> None:
        if not read.done.set_running_or_notify_cancel():
            return
        try:
            if self._warehouse is None:
                self._warehouse = self._open(max(0.0, read.deadline - time.monotonic()))
            read.done.set_result(read.call(self._warehouse))
        except Exception as error:
            if not isinstance(error, AdsError):
                log.exception("a read failed")
            read.done.set_exception(error)

    def _open(self, wait: float) -> Warehouse:
        limits = {
            "max_result_rows": self._settings.api_max_rows,
            "result_overflow_mode": "throw",
            "max_execution_time": self._wait,
            "max_memory_usage": MEMORY,
        }
        warehouse = open_warehouse(self._settings, wait=wait)
        try:
            prepare(warehouse)
            warehouse.limit(limits)
        except BaseException:
            warehouse.close()
            raise
        return warehouse

    def _let_go(self) -> None:
        if self._warehouse is not None:
            self._warehouse.close()
            self._warehouse = None
