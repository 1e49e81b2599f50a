"""Ctrl-C while the engine works: Python's own answer waits until the engine returns, which a statement may take minutes to do.

The bytes that signals leave in a pipe are read by a thread, which answers at once and ends the process if it does not end by itself. A
process may end at any point: the next run settles what was begun.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""The exit code of a process that was interrupted."""

GRACE_SECONDS = 3.0
"""How long a process that was interrupted may take to end by itself."""


@contextmanager
def answering_interrupts(tell: Callable[[], None], end: Callable[[], None], seconds: float = GRACE_SECONDS) -> Iterator[None]:
    """Within the block, answer SIGINT at once.

    Args:
        tell: called at once, by another thread.
        end: called when the block has not ended `seconds` later; ends the process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(reading, ended, tell, end, seconds), name="interrupts", daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        os.close(writing)
        thread.join()
        os.close(reading)


def _watch(reading: int, ended: threading.Event, tell: Callable[[], None], end: Callable[[], None], seconds: float) -> None:
    while number := os.read(reading, 1):
        if number[0] == signal.SIGINT:
            tell()
            if not ended.wait(seconds):
                end()
