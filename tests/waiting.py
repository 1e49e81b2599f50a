"""Wait for what a test has brought about elsewhere, rather than for a time."""

import time
from collections.abc import Callable

PATIENCE = 20
"""Seconds after which it will not happen any more."""


def wait_until(met: Callable[[], bool]) -> None:
    """Wait for something that comes soon."""
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline, f"not within {PATIENCE} seconds"
        time.sleep(0.05)
