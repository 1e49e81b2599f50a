"""Reads of rollups, with limits that protect the engine.

A server runs several at a time, over one client. An embedded folder is open in one process at a time: a thread opens it for a read,
keeps it open for a moment, as opening takes longer than reading, and closes it as soon as another process (an ingest, another worker)
waits for it. A read that waits too long for an ingest fails with a TransientError.
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

from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.errors import AdsError, TransientError
from ads_pipeline.pipeline.run import open_to_read
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.folder import embedded_folder, is_wanted, lock_holder
from ads_pipeline.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

LINGER, LOOK = 2.0, 0.05
"""Seconds that an embedded engine stays open after the last read, and seconds between checks whether another process waits for it."""

ASIDE = 2.0
"""Seconds that a process which waits for the embedded engine gets to open it."""

MEMORY = 1 << 30
"""Bytes of memory that a read may use in the engine."""

READS = 8
"""Reads that run on a server at a time."""

T = TypeVar("T")


class Reader(Protocol):
    """Runs reads."""

    def read(self, call: "Callable[[Warehouse], T]") -> "Future[T]":
        """The result of a call with the engine.

        It fails with a TransientError if the engine does not answer or stays in use by another process, and with what the call
        raises.
        """
        ...

    def close(self) -> None:
        """Finish the reads that wait, and close the engine."""
        ...


def open_reader(settings: Settings) -> Reader:
    """The reader for the engine of the settings; it does not open it yet."""
    return EmbeddedReader(settings) if settings.is_embedded else ServerReader(settings)


class _Engine:
    """The engine, opened when needed, with the limits of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._stack = settings, ExitStack()
        self.warehouse: Warehouse | None = None

    def open(self, wait: float) -> Warehouse:
        if self.warehouse is None:
            with ExitStack() as opening:
                warehouse = opening.enter_context(open_to_read(self._settings, wait=wait))
                warehouse.connection.apply_settings(
                    {
                        "max_result_rows": self._settings.api_max_rows,
                        "result_overflow_mode": "throw",
                        "max_execution_time": self._settings.api_wait.total_seconds(),
                        "max_memory_usage": MEMORY,
                    }
                )
                self._stack, self.warehouse = opening.pop_all(), warehouse
        return self.warehouse

    def close(self) -> None:
        self.warehouse = None
        self._stack.close()


class ServerReader:
    """Reads from a server, several at a time; after a transient error the next read reconnects."""

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
                    self._engine.close()
            raise

    def close(self) -> None:
        """See `Reader.close`."""
        self._threads.shutdown()
        self._engine.close()


@dataclass(slots=True)
class _Read:
    call: Callable[[Warehouse], Any]
    deadline: float
    done: "Future[Any]" = field(default_factory=Future)


class EmbeddedReader:
    """Reads from an embedded folder, one after another in the order in which they came."""

    def __init__(self, settings: Settings) -> None:
        self._folder = embedded_folder(settings.dsn)
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
                if is_wanted(self._folder) or time.monotonic() - used > LINGER:
                    self._engine.close()
                continue
            if read is None:
                break
            self._serve(read)
            used = time.monotonic()
            if is_wanted(self._folder):
                self._engine.close()
                self._step_aside()
        self._engine.close()

    def _step_aside(self) -> None:
        """Let the process that waits open the engine before the next read asks for it again."""
        until = time.monotonic() + ASIDE
        while is_wanted(self._folder) and not lock_holder(self._folder) and time.monotonic() < until:
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
