"""How a run handles transient errors: settle what was begun, wait and try again, a bounded number of times."""

import logging
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from ads_pipeline.errors import MemoryLimitError, TransientError
from ads_pipeline.retrying import retrying

log = logging.getLogger(__name__)

STEP_TRIES, FIRST_PAUSE = 5, 2.0
"""Tries of a step that fails with transient errors, with pauses of 2, 4, 8 and 16 seconds, in which a server can restart."""

MEMORY_TRIES = 2
"""The same for a memory limit: after that, less is loaded at a time. At once if it is the statement's own limit."""

T = TypeVar("T")


def with_retries(call: Callable[[], T], settle: Callable[[], object]) -> T:
    """The result of a step, tried again after transient errors.

    Args:
        settle: called before every further try, to finish or undo what the failed one left.

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
    if isinstance(error, MemoryLimitError):
        return 1 if error.of_statement else MEMORY_TRIES
    return STEP_TRIES


def _log(error: TransientError, pause: float) -> None:
    log.warning("trying again in %.0f s: %s", pause, error)
