"""The lease: the right to write to a server's database. One run has it at a time, and a dead run loses it.

A run *claims* it, looks whether any other run claims or holds it, and then *holds* it or *withdraws*: of two runs that claim at
once at least one sees the other, so two never hold it. A thread renews the claim. A claim that is not renewed for `TTL` seconds,
or whose process on this machine has ended, no longer counts.

A holder that was paused and wakes up must do no harm: each holder has a *generation*, higher than all before. The next
holder ends the statements of earlier ones before it begins, and statements that publish carry a *fence*, a condition
that fails once a higher generation has held the lease.
"""

import logging
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from ads_pipeline.errors import AdsError, LeaseLostError, TransientError
from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.error_codes import LEASE_LOST
from ads_pipeline.warehouse.statements import Name, Sql, statement

log = logging.getLogger(__name__)

TTL, BEAT = 30.0, 5.0
"""Seconds after which a claim that is not renewed no longer counts, and between renewals."""

LOOK = 0.25
"""Seconds between looks while waiting for a lease."""

QUIET_SECONDS = 60
"""How long the statements of earlier holders may take to end."""


Watchers = Callable[[], Sequence[Connection]]
"""Gives connections that serve the lease alone, one for each node that takes part now: the first one claims and renews."""


class Lease:
    """A lease that is held, until `release`; a `Writer`, and the `Guard` of the connections that write.

    Args:
        watchers: see `Watchers`.
        database: the database that the lease is for.
        generation: which holder this is, counted upwards.
        holder: a random name of this run.
    """

    def __init__(self, watchers: Watchers, database: str, generation: int, holder: str) -> None:
        self.generation = generation
        self._watchers, self._database, self._holder, self._revisions = watchers, database, holder, count(1)
        self._ended, self._lost, self._seen = threading.Event(), False, time.monotonic()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    def next_revision(self) -> int:
        """See `Writer`. Generations are milliseconds apart and revisions their millionths, so a later writer's are higher."""
        return self.generation * 1_000_000 + next(self._revisions)

    @property
    def fence(self) -> Sql:
        """A condition for statements that publish: it fails once this lease is lost."""
        return statement("lease/fence", database=Name(self._database), generation=self.generation)

    def check(self, *, now: bool = False) -> None:
        """Make sure that the lease is still held, or (without `now`) was held a moment ago.

        Raises:
            LeaseLostError: another run has taken over.
            TransientError: the server does not answer.
        """
        if now or time.monotonic() - self._seen > TTL / 2:
            self._beat()
        if self._lost:
            raise LeaseLostError(LEASE_LOST)

    def confirm(self) -> None:
        """See `Writer`."""
        self.check(now=True)

    def _beat(self) -> None:
        began, watcher = time.monotonic(), self._watchers()[0]
        _write(watcher, self.generation, self._holder, "held")
        self._lost = watcher.value(statement("lease/newest")) > self.generation
        self._seen = began

    def _renew(self) -> None:
        while not self._ended.wait(BEAT) and not self._lost:
            try:
                self._beat()
            except AdsError as error:
                log.debug("the lease could not be renewed: %s", error)

    def quiesce(self) -> None:
        """See `Writer`; on every node."""
        scope = {"database": self._database, "generation": self.generation}
        deadline = time.monotonic() + QUIET_SECONDS
        for node in self._watchers():
            while running := node.value(statement("lease/running"), **scope):
                node.run(statement("lease/kill"), **scope)
                if time.monotonic() > deadline:
                    raise TransientError(f"{running} statements of an earlier run do not end on the server")
                time.sleep(LOOK)

    def release(self) -> None:
        """See `Writer`. If the server does not answer, the lease expires."""
        self._ended.set()
        self._thread.join()
        try:
            _write(self._watchers()[0], self.generation, self._holder, "released")
        except AdsError as error:
            log.warning("the lease could not be released, it expires in %d s: %s", TTL, error)


def acquire(watchers: Watchers, database: str, wait: float | None) -> Lease:
    """Take the lease; waits for a run that holds it, and says so in the log.

    Args:
        watchers: see `Watchers`.
        database: the database that the lease is for.
        wait: seconds to wait at most; None waits for ever.

    Raises:
        TransientError: another run still holds it.
    """
    holder, deadline, said = uuid.uuid4().hex, None if wait is None else time.monotonic() + wait, False
    while True:
        watcher = watchers()[0]
        found = live_claims(watcher)
        if not found:
            generation = watcher.value(statement("lease/next_generation"))
            _write(watcher, generation, holder, "claimed")
            found = [claim for claim in live_claims(watcher) if claim["holder"] != holder]
            if not found:
                return _begun(Lease(watchers, database, generation, holder))
            _write(watcher, generation, holder, "withdrawn")
        who = f"process {found[0]['pid']} on {found[0]['host']}, renewed {found[0]['age']:.0f} s ago"
        if deadline is not None and time.monotonic() > deadline:
            raise TransientError(f"another run is writing to this database ({who}): try again")
        if not said:
            log.warning("waiting: another run is writing to database %s (%s)", database, who)
            said = True
        time.sleep(LOOK * random.uniform(0.5, 2))


def _begun(lease: Lease) -> Lease:
    """The lease once it is held for certain (this run may have been paused before it wrote so), and earlier statements have ended."""
    try:
        lease.confirm()
        lease.quiesce()
    except BaseException:
        lease.release()
        raise
    return lease


def _write(watcher: Connection, generation: int, holder: str, state: str) -> None:
    process = {"host": socket.gethostname(), "machine": _machine(), "pid": os.getpid(), "started": _started(os.getpid())}
    watcher.run(statement("lease/beat"), generation=generation, holder=holder, state=state, **process)


def live_claims(watcher: Connection) -> list[dict[str, Any]]:
    """Claims that count."""
    return [claim for claim in watcher.rows(statement("lease/claims")) if claim["age"] < TTL and not _is_dead(claim)]


def _is_dead(claim: dict[str, Any]) -> bool:
    """Whether the claim is that of a process of this machine that has ended."""
    return bool(claim["machine"]) and claim["machine"] == _machine() and claim["started"] != _started(claim["pid"])


def _machine() -> str:
    """Identifies this boot of this machine and the process namespace; empty where that is unknown."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> int:
    """When a process of this machine started, in clock ticks since boot; 0 if there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])
