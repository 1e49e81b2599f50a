"""Signs of life: a run says every few seconds, in the instance's own storage, that its process is there.

A process that was killed, or went with its container or machine, reports nothing, and its run would stand as started, and hold its
place in the pool, for ever. Signs in the instance tell across containers and restarts; `launcher` reads them.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

log = logging.getLogger(__name__)

SIGN_SECONDS = 10.0
"""Between signs. A run that is shorter leaves none."""


@contextmanager
def giving_signs(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Give signs of a run's life meanwhile."""
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
            instance.daemon_cursor_storage.set_cursor_values({_key(run_id): str(number)})
        except Exception as error:  # the instance's storage is away: whoever watches cannot see this run, nor any other, either
            log.debug("no sign could be given: %s", error)


def last_sign(instance: dg.DagsterInstance, run_id: str) -> str:
    """The last sign that a run gave; empty when it gave none yet."""
    return instance.daemon_cursor_storage.get_cursor_values({_key(run_id)}).get(_key(run_id), "")


def _key(run_id: str) -> str:
    return f"ads_pipeline/alive/{run_id}"
