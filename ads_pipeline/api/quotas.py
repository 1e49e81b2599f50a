"""How many events and bytes a key may send a day (UTC), counted in one small file for each key, which the workers of a host share."""

import fcntl
import os
import struct
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from ads_pipeline.api.keys import Caller
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.days import utc_now

_USED = struct.Struct("<qqq")  # the day, as its ordinal; events and bytes taken on it


class Quotas:
    """The quotas of all keys that have one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._handles: dict[str, int] = {}

    def take(self, caller: Caller, events: int, size: int) -> None:
        """Count a request's events and bytes, or none of them.

        A clock that is set back begins no new day.

        Raises:
            ProblemError: 429, they would be more than the key may send today.
        """
        if not (caller.events or caller.size):
            return
        now = utc_now()
        handle = self._handle(caller.hash)
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            data = os.pread(handle, _USED.size, 0)
            day, *used = _USED.unpack(data) if len(data) == _USED.size else (0, 0, 0)
            if now.date().toordinal() > day:
                day, used = now.date().toordinal(), [0, 0]
            wanted = [used[0] + events, used[1] + size]
            for limit, asked, taken, what in zip((caller.events, caller.size), wanted, used, ("events", "bytes"), strict=True):
                if limit and asked > limit:
                    raise _exceeded(caller, limit, taken, what, now)
            os.pwrite(handle, _USED.pack(day, *wanted), 0)
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)

    def _handle(self, key: str) -> int:
        if key not in self._handles:
            self._handles[key] = os.open(self._folder / key[:32], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._handles[key]


def _exceeded(caller: Caller, limit: int, taken: int, what: str, now: datetime) -> ProblemError:
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return ProblemError(
        429,
        f"the key {caller.name!r} may send {limit} {what} a day, and has sent {taken}: no event of this request is stored; "
        "send fewer, or go on after midnight UTC",
        {"Retry-After": str(int((midnight - now).total_seconds()) + 1)},
    )
