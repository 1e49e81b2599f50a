"""The audit log: one line for each key that appears or goes, and for each request that is refused for who sent it.

It is written whatever `LOG_LEVEL` says, with the rest of the log, as the logger `ads_pipeline.audit`.
"""

import logging
from collections.abc import Iterable

from ads_pipeline.api.keys import Caller

log = logging.getLogger("ads_pipeline.audit")
log.setLevel(logging.INFO)


def keys_changed(before: Iterable[Caller], after: Iterable[Caller]) -> None:
    """Say which keys have come and gone, by name, scopes and the beginning of their hash."""
    old, new = set(before), set(after)
    for caller in sorted(old - new, key=lambda key: key.name):
        log.info("key %s (%s) is no longer valid", caller.name, caller.hash[:8])
    for caller in sorted(new - old, key=lambda key: key.name):
        until = f", until {caller.until}" if caller.until else ""
        log.info("key %s (%s) is valid for %s%s", caller.name, caller.hash[:8], "+".join(sorted(caller.scopes)), until)


def refused(caller: Caller | None, reason: str, address: str, request_id: str) -> None:
    """Say that a request was refused, and why."""
    log.info("refused %s from %s: %s, request %s", caller.name if caller else "a stranger", address, reason, request_id)
