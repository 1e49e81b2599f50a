"""The folder of an embedded engine, which serves one process at a time: who holds it, and who waits for it."""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from ads_pipeline.errors import TransientError

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.05


def embedded_folder(dsn: str) -> Path:
    """The folder that a DSN such as `chdb:///path` names."""
    return Path(urlsplit(dsn).path)


def lock_holder(folder: Path) -> str:
    """The process that holds a folder, such as `PID: 4711`; empty when it is free.

    The engine locks (flock) the file `status`; the lock ends with the process.
    """
    try:
        with (folder / "status").open() as status:
            fcntl.flock(status, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return ""
    except FileNotFoundError:
        return ""
    except BlockingIOError:
        return next(iter((folder / "status").read_text().splitlines()), "unknown")


def is_wanted(folder: Path) -> bool:
    """Whether another process waits for the folder; a process that holds it only to save opening it again should let go."""
    try:
        with _wanted_file(folder).open() as wanted:
            fcntl.flock(wanted, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def undo_half_drops(folder: Path) -> None:
    """Let tables stand that are both there and dropped: power was lost in a DROP, and one of the two folders was on disk.

    The engine would wait for ever when such a table is dropped again. Only for a folder that nobody holds.
    """
    for dropped in folder.glob("metadata_dropped/*.sql"):
        database, _, rest = dropped.stem.partition(".")
        table, _, uuid = rest.rpartition(".")
        standing = folder / "metadata" / database / f"{table}.sql"
        with suppress(FileNotFoundError):
            if uuid in standing.read_text(errors="replace"):
                log.warning("the power was lost while %s was dropped: it stands again", table)
                dropped.unlink()


@contextmanager
def waiting_for(folder: Path, wait: float | None) -> Iterator[Callable[[], None]]:
    """Gives a function that returns once nobody holds the folder. Meanwhile, `is_wanted` tells the holder that somebody waits.

    Args:
        wait: seconds to wait at most; None waits for ever, and says so in the log.

    Raises:
        TransientError: another process still holds it.
    """
    deadline = None if wait is None else time.monotonic() + wait
    with ExitStack() as stack:
        said = False

        def until_free() -> None:
            nonlocal said
            while holder := lock_holder(folder):
                if not said:
                    said = True
                    level = logging.WARNING if deadline is None else logging.DEBUG
                    log.log(level, "waiting: the embedded engine at %s is in use by another process (%s)", folder, holder)
                    wanted = stack.enter_context(_wanted_file(folder).open("a"))
                    fcntl.flock(wanted, fcntl.LOCK_SH)
                if deadline is not None and time.monotonic() > deadline:
                    raise TransientError(f"the embedded engine is in use by another process ({holder}), perhaps an ingest: try again")
                time.sleep(LOOK_SECONDS)

        yield until_free


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Hold a folder as an engine does, without one: no process opens it meanwhile. Waits for the one that has it.

    Raises:
        TransientError: another process was quicker.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "status"
    with waiting_for(folder, None) as until_free:
        until_free()
        with path.open("a") as status:
            try:
                fcntl.flock(status, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise TransientError(f"another process has opened {folder}: try again") from error
            status.truncate(0)
            status.write(f"PID: {os.getpid()}\n")
            status.flush()
            try:
                yield
            finally:
                # the engine warns of a file that is left; the folder may be another by now, or moved
                path.unlink(missing_ok=True)


def _wanted_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.wanted")
