"""A token bucket, in this process."""

import time


class Allowance:
    """So many at once, and so many a second."""

    __slots__ = ("_burst", "_left", "_rate", "_then")

    def __init__(self, burst: float, rate: float) -> None:
        self._burst, self._rate = burst, rate
        self._left, self._then = burst, time.monotonic()

    def take(self) -> bool:
        """Take one; False if none is left."""
        now = time.monotonic()
        self._left, self._then = min(self._burst, self._left + (now - self._then) * self._rate), now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def owe(self, more: float) -> None:
        """Take more, whether or not it is left."""
        self._left -= more
