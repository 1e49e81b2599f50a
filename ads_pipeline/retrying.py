"""Retries: a call that ends with a `TransientError` is made again, a bounded number of times, with growing pauses.

Every retry loop of the package is one of these. What does not belong here: waiting for something that is expected to take a while,
such as a lock that another process holds.
"""

import logging
import math
import time
from collections.abc import Callable
from typing import cast

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential

from ads_pipeline.errors import LeaseLostError, TransientError

log = logging.getLogger(__name__)

Deadline = Callable[[], float]
"""The moment, by the monotonic clock, at which the last try has to begin; it may move while a call makes progress."""


def log_retry(error: TransientError, pause: float) -> None:
    """What is logged before each pause unless the caller says it in another way."""
    log.info("trying again in %.1f s: %s", pause, error)


def retrying(
    *,
    tries: int | Callable[[TransientError], int],
    pause: float,
    longest_pause: float = math.inf,
    deadline: Deadline = lambda: math.inf,
    progress: Callable[[], int] = lambda: 0,
    told: Callable[[TransientError, float], None] = log_retry,
) -> Retrying:
    """Tries a call again: `retrying(tries=5, pause=1)(call)` returns its result, or raises what the last try raised.

    A lost lease is never retried: another run has taken over the work.

    Args:
        tries: calls at most without progress in between; may depend on the error.
        pause: seconds before the second try, doubled before each further one; `retry_after` of the error comes first.
        longest_pause: seconds that no pause exceeds, whatever the error asks for.
        deadline: a try that could not begin before it is not made.
        progress: how far the call has come; a failed try that got further than those before it counts as the first one.
        told: called before each pause with the error and the seconds.
    """
    growing, reached = wait_exponential(multiplier=pause, max=longest_pause), progress()

    def count_from_here(state: RetryCallState) -> None:
        nonlocal reached
        if (now := progress()) > reached:
            reached, state.attempt_number = now, 1

    def wait(state: RetryCallState) -> float:
        after = _error(state).retry_after
        return growing(state) if after is None else min(after, longest_pause)

    def stop(state: RetryCallState) -> bool:
        most = tries if isinstance(tries, int) else tries(_error(state))
        return state.attempt_number >= most or time.monotonic() + state.upcoming_sleep > deadline()

    return Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, TransientError) and not isinstance(error, LeaseLostError)),
        after=count_from_here,
        wait=wait,
        stop=stop,
        before_sleep=lambda state: told(_error(state), state.upcoming_sleep),
        sleep=time.sleep,
        reraise=True,
    )


def _error(state: RetryCallState) -> TransientError:
    return cast("TransientError", state.outcome and state.outcome.exception())
