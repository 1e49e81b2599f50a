"""Reads of rollups, with limits that protect the engine.

A server takes several at a time, over one connection. An embedded folder serves one process at a time, so one thread opens
it when a read comes, keeps it for a moment since opening takes longer than reading, and lets go as soon as another process
(an ingest, another worker) waits for it. A read that waits for an ingest is told after a while to come again.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ads_pipeline.api.problems import ProblemError
from ads_pipeline.errors import AdsError, TransientError
from ads_pipeline.pipeline.run import open_to_read
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.embedded import embedded_folder, is_wanted, lock_holder

log = logging.getLogger(__name__)

LINGER, LOOK = 2.0, 0.05
"""Seconds that an embedded engine is kept after the last read, and between looks whether another process waits for it."""

ASIDE = 2.0
"""Seconds that whoever waits for an embedded engine is given to take it."""

MEMORY = 1 << 30
"""Bytes that a read may take in the engine."""

READS = 8
"""Reads that a server is given at a time."""

T = TypeVar("T")


class Reader(Protocol):
    """Runs reads."""

    def read(self, call: "Callable[[Warehouse], T]") -> "Future[T]":
        """The result of a call with the engine.

        It fails with a TransientError when the engine does not answer or stays in use by another process, and with whatever
        the call raises.
        """
        ...

    def close(self) -> None:
        """Finish what waits, and let go of the engine."""
        ...


def open_reader(settings: Settings) -> Reader:
    """The reader for the engine that the settings name; opens nothing yet."""
    return EmbeddedReader(settings) if settings.is_embedded else ServerReader(settings)


class _Engine:
    """The engine when it is open, held to the limits of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._stack = settings, ExitStack()
        self.warehouse: Warehouse | None = None

    def open(self, wait: float) -> Warehouse:
        if self.warehouse is None:
            with ExitStack() as opening:
                warehouse = opening.enter_context(open_to_read(self._settings, wait=wait))
                warehouse.limit(
                    {
                        "max_result_rows": self._settings.api_max_rows,
                        "result_overflow_mode": "throw",
                        "max_execution_time": self._settings.api_wait.total_seconds(),
                        "max_memory_usage": MEMORY,
                    }
                )
                self._stack, self.warehouse = opening.pop_all(), warehouse
        return self.warehouse

    def let_go(self) -> None:
        self.warehouse = None
        self._stack.close()


class ServerReader:
    """Reads from a server, several at a time; after an error that may pass, the next read connects anew."""

    def __init__(self, settings: Settings) -> None:
        self._engine, self._lock = _Engine(settings), threading.Lock()
        self._threads = ThreadPoolExecutor(READS, thread_name_prefix="reader")

    def read(self, call: "Callable[[Warehouse], T]") -> "Future[T]":
        """See `Reader.read`."""
        return self._threads.submit(self._serve, call)

    def _serve(self, call: "Callable[[Warehouse], T]") -> T:
        with self._lock:
            warehouse = self._engine.open(0)
        try:
            return call(warehouse)
        except TransientError:
            with self._lock:
                if self._engine.warehouse is warehouse:
                    self._engine.let_go()
            raise

    def close(self) -> None:
        """See `Reader.close`."""
        self._threads.shutdown()
        self._engine.let_go()


@dataclass(slots=True)
class _Read:
    call: Callable[[Warehouse], Any]
    deadline: float
    done: "Future[Any]" = field(default_factory=Future)


class EmbeddedReader:
    """Reads from an embedded folder one after another, in the order in which they came."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wait = settings.api_wait.total_seconds()
        self._waiting: queue.SimpleQueue[_Read | None] = queue.SimpleQueue()
        self._engine = _Engine(settings)
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def read(self, call: "Callable[[Warehouse], T]") -> "Future[T]":
        """See `Reader.read`."""
        read = _Read(call, time.monotonic() + self._wait)
        self._waiting.put(read)
        return read.done

    def close(self) -> None:
        """See `Reader.close`."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        used = time.monotonic()
        while True:
            try:
                read = self._waiting.get(timeout=LOOK if self._engine.warehouse else None)
            except queue.Empty:
                if is_wanted(self._settings) or time.monotonic() - used > LINGER:
                    self._engine.let_go()
                continue
            if read is None:
                break
            self._serve(read)
            used = time.monotonic()
            if is_wanted(self._settings):
                self._engine.let_go()
                self._step_aside()
        self._engine.let_go()

    def _step_aside(self) -> None:
        """Let whoever waits have the engine before the next read asks for it again."""
        until = time.monotonic() + ASIDE
        while is_wanted(self._settings) and not lock_holder(embedded_folder(self._settings)) and time.monotonic() < until:
            time.sleep(LOOK / 10)

    def _serve(self, read: _Read) -> None:
        if not read.done.set_running_or_notify_cancel():
            return
        try:
            warehouse = self._engine.open(max(0.0, read.deadline - time.monotonic()))
            read.done.set_result(read.call(warehouse))
        except Exception as error:
            if not isinstance(error, AdsError | ProblemError):
                log.exception("a read failed")
            read.done.set_exception(error)
