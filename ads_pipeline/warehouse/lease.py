"""The lease: the right to write to a server's database, which one run has at a time and a dead one loses.

A run *claims*, looks whether anybody else has claimed or holds, and *holds* or *withdraws*: of two that claim at once at
least one sees the other, so two never hold. A thread renews the claim; one that is not renewed for `TTL` seconds, or
whose process has ended on this machine, is nobody's.

A holder that was paused and wakes up must do no harm: each holder has a *generation*, higher than all before. The next
holder ends the statements of earlier ones before it begins, and statements that publish carry a *fence*, a condition
that fails once a higher generation has been held.
"""

import logging
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from ads_pipeline.errors import AdsError, LeaseLostError, TransientError
from ads_pipeline.warehouse.client import Warehouse
from ads_pipeline.warehouse.statements import Name, Sql, statement

log = logging.getLogger(__name__)

TTL, BEAT = 30.0, 5.0
"""Seconds after which a claim that is not renewed is nobody's, and between renewals."""

LOOK = 0.25
"""Seconds between looks at a lease that is waited for."""

QUIET_SECONDS = 60
"""How long the statements of earlier holders may take to end."""


class Lease:
    """A lease that is held, until `release`.

    Args:
        watch: connections that serve the lease alone; the first one claims and renews, statements are ended on all of them.
        generation: which holder this is, counted upwards.
    """

    def __init__(self, watch: Sequence[Warehouse], generation: int, holder: str) -> None:
        self.generation = generation
        self._watch, self._holder, self._revisions = watch, holder, count(1)
        self._ended, self._lost, self._seen = threading.Event(), False, time.monotonic()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    def next_revision(self) -> int:
        """A number above all that this holder and earlier ones have had: generations are milliseconds apart, and these their millionths."""
        return self.generation * 1_000_000 + next(self._revisions)

    @property
    def fence(self) -> Sql:
        """A condition for statements that publish: it fails once this lease is lost."""
        return statement("lease/fence", database=Name(self._watch[0].settings.database), generation=self.generation)

    def check(self, *, now: bool = False) -> None:
        """Make sure that the lease is held still, or (without `now`) was a moment ago.

        Raises:
            LeaseLostError: another run has taken over.
            TransientError: the server does not say.
        """
        if now or time.monotonic() - self._seen > TTL / 2:
            self._beat()
        if self._lost:
            raise LeaseLostError("another run took over while this one did not answer, and goes on with its work: run the command again")

    def _beat(self) -> None:
        began = time.monotonic()
        _write(self._watch[0], self.generation, self._holder, "held")
        self._lost = self._watch[0].value(statement("lease/newest")) > self.generation
        self._seen = began

    def _renew(self) -> None:
        while not self._ended.wait(BEAT) and not self._lost:
            try:
                self._beat()
            except AdsError as error:
                log.debug("the lease could not be renewed: %s", error)

    def watch(self, connections: Sequence[Warehouse]) -> None:
        """Serve the lease by other connections from now on."""
        self._watch = connections

    def quiesce(self) -> None:
        """End what this holder or an earlier one has left running on the server, and wait until it has ended.

        Raises:
            TransientError: something does not end.
        """
        scope = {"database": self._watch[0].settings.database, "generation": self.generation}
        deadline = time.monotonic() + QUIET_SECONDS
        for node in self._watch:
            while running := node.value(statement("lease/running"), **scope):
                node.run(statement("lease/kill"), **scope)
                if time.monotonic() > deadline:
                    raise TransientError(f"{running} statements of an earlier run do not end on the server")
                time.sleep(LOOK)

    def release(self) -> None:
        """Give the lease back. When the server does not answer, it runs out by itself."""
        self._ended.set()
        self._thread.join()
        try:
            _write(self._watch[0], self.generation, self._holder, "released")
        except AdsError as error:
            log.warning("the lease could not be given back, it runs out in %d s: %s", TTL, error)
        for node in self._watch:
            node.close()


def acquire(watch: Sequence[Warehouse], wait: float | None) -> Lease:
    """Take the lease; whoever holds it is waited for, with a message in the log.

    Args:
        watch: see `Lease`.
        wait: seconds to wait at most; without, for ever.

    Raises:
        TransientError: it stayed held.
    """
    holder, deadline, told = uuid.uuid4().hex, None if wait is None else time.monotonic() + wait, False
    while True:
        found = live_claims(watch[0])
        if not found:
            generation = watch[0].value(statement("lease/next_generation"))
            _write(watch[0], generation, holder, "claimed")
            found = [claim for claim in live_claims(watch[0]) if claim["holder"] != holder]
            if not found:
                _write(watch[0], generation, holder, "held")
                return _begun(Lease(watch, generation, holder))
            _write(watch[0], generation, holder, "withdrawn")
        who = f"process {found[0]['pid']} on {found[0]['host']}, renewed {found[0]['age']:.0f} s ago"
        if deadline is not None and time.monotonic() > deadline:
            raise TransientError(f"another run is writing to this database ({who}): try again")
        if not told:
            log.warning("waiting: another run is writing to database %s (%s)", watch[0].settings.database, who)
            told = True
        time.sleep(LOOK * random.uniform(0.5, 2))


def _begun(lease: Lease) -> Lease:
    """A lease that is held still, though this run may have been paused before it said so, with nothing of earlier ones running."""
    try:
        lease.check(now=True)
        lease.quiesce()
    except BaseException:
        lease.release()
        raise
    return lease


def _write(watch: Warehouse, generation: int, holder: str, state: str) -> None:
    process = {"host": socket.gethostname(), "machine": _machine(), "pid": os.getpid(), "started": _started(os.getpid())}
    watch.run(statement("lease/beat"), generation=generation, holder=holder, state=state, **process)


def live_claims(watch: Warehouse) -> list[dict[str, Any]]:
    """Claims that are somebody's."""
    return [claim for claim in watch.rows(statement("lease/claims")) if claim["age"] < TTL and not _is_dead(claim)]


def _is_dead(claim: dict[str, Any]) -> bool:
    """Whether the claim is of a process of this machine that has ended."""
    return bool(claim["machine"]) and claim["machine"] == _machine() and claim["started"] != _started(claim["pid"])


def _machine() -> str:
    """Tells this boot of this machine, and the set of its processes that can be seen from here; empty where that is not known."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> int:
    """When a process of this machine began, in clock ticks since boot; 0 when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])
