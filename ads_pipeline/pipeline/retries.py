"""How a run handles errors that may pass: settle what was begun, wait, begin again, a bounded number of times."""

import logging
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from ads_pipeline.errors import MemoryLimitError, TransientError
from ads_pipeline.retrying import retrying

log = logging.getLogger(__name__)

STEP_TRIES, FIRST_PAUSE = 5, 2.0
"""How often a step is begun when transient errors end it; pauses of 2, 4, 8 and 16 seconds let a server start again."""

MEMORY_TRIES = 2
"""The same when the engine ran out of memory: after that, less is loaded at a time."""

T = TypeVar("T")


def with_retries(call: Callable[[], T], settle: Callable[[], object]) -> T:
    """A step's result.

    Args:
        settle: runs before every further try: it ends, or undoes, what the failed one has left.

    Raises:
        TransientError: the last try failed too.
    """
    tries = count(1)

    def step() -> T:
        if next(tries) > 1:
            settle()
        return call()

    return retrying(tries=_tries, pause=FIRST_PAUSE, told=_log)(step)


def _tries(error: TransientError) -> int:
    return MEMORY_TRIES if isinstance(error, MemoryLimitError) else STEP_TRIES


def _log(error: TransientError, pause: float) -> None:
    log.warning("trying again in %.0f s: %s", pause, error)
