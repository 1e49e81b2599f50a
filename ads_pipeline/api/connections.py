"""The connections of a worker, and which of them is closed when there are too many.

One address must not keep out another, and clients that connect in one moment must not push out those whose request has come and is not
read yet. So the address with most connections loses one whose client has sent nothing: the one that has waited for it for the longest,
and last one on which a known key was used.
"""

from itertools import islice
from typing import Protocol

CONNECTIONS = 1000
"""How many connections a worker keeps open, unless the settings say otherwise."""

LOOKED_AT = 16
"""How many are looked at to find one whose client has sent nothing. If all have sent something, the newest is closed."""


class Connection(Protocol):
    """What is known of a connection: whose it is, and whether a request on it was sent with a key that is known."""

    address: str
    proven: bool

    def has_unread(self) -> bool:
        """Whether its client has sent what is not read yet."""
        ...

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
        self._waiting: dict[str, tuple[dict[Connection, None], dict[Connection, None]]] = {}

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
            self._waiting.setdefault(connection.address, ({}, {}))[connection.proven][connection] = None

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
        for part in (strangers, proven):
            for connection in islice(part, LOOKED_AT):
                if not connection.has_unread():
                    return connection
        return next(reversed(strangers or proven))
