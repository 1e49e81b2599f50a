"""The right to write to a database, which one run has at a time. `lease` is the one for servers."""

import time
from typing import Protocol

from ads_pipeline.warehouse.connection import Connection
from ads_pipeline.warehouse.statements import statement


class Writer(Protocol):
    """The right to write, until `release`."""

    def next_revision(self) -> int:
        """A number above all that this run and earlier ones have had, whatever the clock says: for the revisions of bookkeeping rows."""
        ...

    def confirm(self) -> None:
        """Make sure, at this moment, that this run may write.

        Raises:
            LeaseLostError: another run has taken over.
        """
        ...

    def quiesce(self) -> None:
        """End the statements of this run and of earlier ones that still run, and wait until they have ended.

        Raises:
            TransientError: one of them does not end.
        """
        ...

    def release(self) -> None:
        """Give the right back."""
        ...


class FolderWriter:
    """The right to write to an embedded folder: the process that has it open has it, and keeps it until it closes the folder.

    So there is nothing to confirm, no statement outlives its process, and closing the connection gives it back.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection, self._revision = connection, 0

    def next_revision(self) -> int:
        """See `Writer`; nanoseconds by this machine's clock, or, if that was set back, the newest revision and one."""
        now = time.time_ns()
        newest = self._revision or int(self._connection.value(statement("queries/newest_revision"), least=now))
        self._revision = max(newest + 1, now)
        return self._revision

    def confirm(self) -> None:
        """See `Writer`."""

    def quiesce(self) -> None:
        """See `Writer`."""

    def release(self) -> None:
        """See `Writer`."""
