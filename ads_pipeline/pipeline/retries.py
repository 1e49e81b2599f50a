"""What a run does about errors that may pass: settle what was begun, wait, begin anew, a bounded number of times."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from ads_pipeline.errors import LeaseLostError, MemoryLimitError, TransientError

log = logging.getLogger(__name__)

TRIES = 5
"""How often a step is begun when transient errors end it; pauses of 2, 4, 8 and 16 seconds let a server start again."""

MEMORY_TRIES = 2
"""The same when the engine ran out of memory: after that, less is loaded at a time."""

T = TypeVar("T")


def with_retries(call: Callable[[], T], settle: Callable[[], object]) -> T:
    """A step's result.

    Args:
        settle: what comes before another try: it ends, or undoes, what the one before has left.

    Raises:
        TransientError: it went on.
    """
    attempt = 1
    while True:
        try:
            if attempt > 1:
                settle()
            return call()
        except LeaseLostError:
            raise
        except TransientError as error:
            if attempt == (MEMORY_TRIES if isinstance(error, MemoryLimitError) else TRIES):
                raise
            log.warning("try %d of %d: %s", attempt, TRIES, error)
            time.sleep(2.0**attempt)
            attempt += 1
