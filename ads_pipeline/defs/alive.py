"""Signs of life: every few seconds a run writes to the instance's storage that its process is alive.

A process that was killed, or whose container or machine is gone, reports nothing: its run would stay started and keep its slot of
the pool for ever. Signs in the instance's storage are seen across containers and restarts; `launcher` reads them.
"""

import logging
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

log = logging.getLogger(__name__)

PLACES = 1024
"""Places in the instance's storage in which runs give their signs."""

SIGN_SECONDS = 10.0
"""Seconds between signs. A run that is shorter than this gives none."""


@contextmanager
def giving_signs(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Give signs of life for a run while the block runs."""
    ended = threading.Event()
    thread = threading.Thread(target=_give_signs, args=(instance, run_id, ended), name="alive", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _give_signs(instance: dg.DagsterInstance, run_id: str, ended: threading.Event) -> None:
    number = 0
    while not ended.wait(SIGN_SECONDS):
        number += 1
        try:
            instance.daemon_cursor_storage.set_cursor_values({_key(run_id): f"{run_id} {number}"})
        except Exception as error:  # the instance's storage is away: nobody can watch any run meanwhile
            log.debug("could not give a sign of life: %s", error)


def last_sign(instance: dg.DagsterInstance, run_id: str) -> str:
    """The last sign in the place of a run; it changes while the run lives."""
    return instance.daemon_cursor_storage.get_cursor_values({_key(run_id)}).get(_key(run_id), "")


def _key(run_id: str) -> str:
    """One of a bounded number of places, since nothing deletes them: two live runs that share one are both seen as alive."""
    return f"ads_pipeline/alive/{zlib.crc32(run_id.encode()) % PLACES}"
