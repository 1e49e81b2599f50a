"""The connections of a worker, and which of them is closed when there are too many.

One address must not keep out another, and clients that connect in one moment must not push out those that are about to be read. So
whoever holds most connections loses one: first what has sent no whole request for a while, and last a connection that a key has used.
"""

import time
from typing import Protocol

CONNECTIONS = 1000
"""How many connections a worker keeps open, unless the settings say otherwise."""

GRACE = 1.0
"""Seconds in which a connection that waits for its client is not closed for another: the client may have sent what is not read yet."""


class Connection(Protocol):
    """What is known of a connection: whose it is, and whether a request on it was sent with a key that is known."""

    address: str
    proven: bool

    def abort(self) -> None:
        """Close it at once."""


class Connections:
    """Those that are open, and of them those that wait for their clients.

    These are idle, in the middle of a request, or have an answer that is not read. They stand by address, in the order in which they
    began to wait; those that have proven themselves apart.
    """

    def __init__(self, most: int = CONNECTIONS, most_body: int = 1 << 24) -> None:
        self.most_body = most_body
        self._most = most
        self._open: set[Connection] = set()
        self._waiting: dict[str, tuple[dict[Connection, float], dict[Connection, float]]] = {}

    def opened(self, connection: Connection) -> None:
        """It waits for its first request; another one is closed for it, or it is, if there are too many."""
        self._open.add(connection)
        self.waits(connection)
        if len(self._open) > self._most:
            victim = self._least_missed()
            self.closed(victim)
            victim.abort()

    def closed(self, connection: Connection) -> None:
        """It is open no more."""
        self._open.discard(connection)
        self.goes_on(connection)

    def waits(self, connection: Connection) -> None:
        """It waits for its client from now on."""
        self.goes_on(connection)
        if connection in self._open:
            self._waiting.setdefault(connection.address, ({}, {}))[connection.proven][connection] = time.monotonic()

    def goes_on(self, connection: Connection) -> None:
        """It does not wait for its client any more."""
        if group := self._waiting.get(connection.address):
            for part in group:
                part.pop(connection, None)
            if not any(group):
                del self._waiting[connection.address]

    def _least_missed(self) -> Connection:
        """Of the address with most that wait; there is one, the newest."""
        strangers, proven = max(self._waiting.values(), key=lambda group: (len(group[0]) + len(group[1]), len(group[0])))
        latest = time.monotonic() - GRACE
        for part in (strangers, proven):
            if part and next(iter(part.values())) <= latest:
                return next(iter(part))
        return next(reversed(strangers or proven))
