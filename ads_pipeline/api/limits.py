"""How much a client may send: requests, bytes and events a second by key (by address, where none is needed), and requests by strangers.

A client that is refused often, and does not slow down by itself, waits a moment for each 429: so it costs little.
"""

import asyncio
import ipaddress
import logging
import mmap
import os
import struct
import time
import zlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ads_pipeline.api import audit, problems
from ads_pipeline.api.access import Access, admit
from ads_pipeline.api.allowance import Allowance
from ads_pipeline.api.keys import OPEN, Caller
from ads_pipeline.api.quotas import Quotas
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.settings import Settings

log = logging.getLogger(__name__)

PENALTY, STRANGERS_PENALTY = 0.25, 1.0
"""Seconds that a 429 waits, for a key and for a stranger, when there are more than `PATIENCE` a second."""

PATIENCE = 10
"""Refusals a second of one client, in each worker, that are answered at once."""

BURST = 3
"""Seconds of requests that an address may save up: a page for browsers asks for a dozen files at once."""

LARGE = 1 << 16
"""Bytes of an answer that cost a stranger as much as a request."""

ADDRESSES = 20_000
"""Addresses that are remembered; then all are forgotten."""

SLOTS = 1 << 14
"""Places in the file of rates; the place of a key, or of an address, follows from its hash."""

_BUCKET = struct.Struct("<dddd")  # requests, bytes and events left, and when that was so


class Rates:
    """Rate limits per caller: token buckets of one second's requests, bytes and events, in a file that all workers have in memory.

    A limit of 0 is none. Bytes and events are known after a request only: a bucket may owe, and then the next request waits for it.
    There is no lock: of two workers that change a bucket in the same microseconds one may be forgotten, and the limit is higher by that.
    """

    def __init__(self, file: Path, *limits: int) -> None:
        self._buckets = _shared(file, (SLOTS + 1) * _BUCKET.size)
        self._limits = (*limits, 0, 0)[:3]

    def take(self, slot: int) -> bool:
        """Take one request from the bucket of a caller; False if anything in it is used up."""
        left, now = self._left(slot)
        enough = all(amount >= 1 for amount, limit in zip(left, self._limits, strict=True) if limit)
        self._set(slot, left[0] - enough, left[1], left[2], now)
        return enough

    def charge(self, slot: int, size: int, events: int) -> None:
        """Take what a request has turned out to hold."""
        if any(self._limits[1:]):
            left, now = self._left(slot)
            self._set(slot, left[0], left[1] - size, left[2] - events, now)

    def _left(self, slot: int) -> tuple[list[float], float]:
        """What is left in a bucket, and the moment at which that is so."""
        *left, then = _BUCKET.unpack_from(self._buckets, slot * _BUCKET.size)
        now = time.time()
        passed = max(0.0, now - then) if then else 1.0
        return [min(limit, amount + passed * limit) for amount, limit in zip(left, self._limits, strict=True)], now

    def _set(self, slot: int, *bucket: float) -> None:
        """Write a bucket in one go: `pack_into` sets it to zero first, which another worker would take for a bucket that is used up."""
        self._buckets[slot * _BUCKET.size : (slot + 1) * _BUCKET.size] = _BUCKET.pack(*bucket)


def _shared(file: Path, size: int) -> mmap.mmap:
    """Memory that is the file's. Without room for the file it is this worker's own: to write to it would end the worker."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(handle, 0, size)
        return mmap.mmap(handle, size)
    except OSError as error:
        log.warning("%s has no room (%s): each worker counts rates for itself until the service is started again", file, error.strerror)
        return mmap.mmap(-1, size)
    finally:
        os.close(handle)


class Strangers:
    """Requests a second of each address that sends no key (or refusals of each client), in this worker."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._allowances: dict[str, Allowance] = {}

    def take(self, address: str) -> bool:
        """Take one request from the bucket of an address; False if it is empty."""
        if not self._limit:
            return True
        if len(self._allowances) > ADDRESSES:
            self._allowances.clear()
        if address not in self._allowances:
            self._allowances[address] = Allowance(BURST * self._limit, self._limit)
        return self._allowances[address].take()

    def charge(self, address: str, size: int) -> None:
        """Take what an answer of so many bytes costs; the bucket may owe."""
        if found := self._allowances.get(address):
            found.owe(size // LARGE)


class Limits:
    """Finds out who sends a request, and answers 429 before anything else is done for it (ASGI)."""

    def __init__(self, app: ASGIApp, settings: Settings, access: Access) -> None:
        self.app, self.access = app, access
        folder = settings.home.absolute() / "api"
        folder.mkdir(parents=True, exist_ok=True)
        limits = settings.api_rate, settings.api_rate_bytes, settings.api_rate_events
        self.rates = Rates(folder / "limits", *limits) if any(limits) else None
        self.quotas = Quotas(folder / "quotas")
        self.strangers, self.patience = Strangers(settings.api_stranger_rate), Strangers(PATIENCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, if it may be."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        address = network(scope["client"][0]) if scope.get("client") else "unknown"
        sent = _key(scope)
        caller = self.access.find(sent)
        if caller is None and (key := _beacon_key(scope)):
            found = self.access.find(key)
            caller = found if found and found.scopes == {"write"} else None
        is_public = not scope["path"].startswith("/v1/")
        state = scope.setdefault("state", {})
        state["caller"], state["has_key"], state["limits"], state["address"] = caller, sent is not None, self, address
        state["lane"] = f"{caller.name} {address}" if caller else address
        if caller is None or (is_public and caller is OPEN):
            allowed, penalty, who = self.strangers.take(address), STRANGERS_PENALTY, "this address"
        else:
            allowed, penalty, who = self.rates is None or self.rates.take(_slot(caller, address)), PENALTY, repr(caller.name)
        if allowed and (caller or is_public):
            await self.app(scope, receive, send)
            return
        if allowed:
            await _unknown(Request(scope))(scope, receive, send)
            return
        if not self.patience.take(state["lane"]):
            await asyncio.sleep(penalty)
        detail = f"{who} has exceeded its rate limit: slow down, or send more events per request"
        refused = problems.answer(Request(scope), ProblemError(429, detail, {"Retry-After": "1"}))
        await refused(scope, receive, send)

    def charge(self, request: Request, caller: Caller, size: int, events: int) -> None:
        """Count what a request has turned out to hold.

        Raises:
            ProblemError: 429, it is more than the key may send today.
        """
        try:
            self.quotas.take(caller, events, size)
        except ProblemError as error:
            audit.refused(caller, error.detail, request.state.address, request.state.request_id)
            raise
        if self.rates:
            self.rates.charge(_slot(caller, request.state.address), size, events)


def _unknown(request: Request) -> Response:
    """The refusal of a caller that is not known, without a look for the route."""
    try:
        admit(request, "")
    except ProblemError as error:
        return problems.answer(request, error)
    raise AssertionError("a caller that is not known was admitted")


def _key(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, key = value.decode("latin-1").partition(" ")
            return (key.strip() or None) if kind.lower() == "bearer" else None
    return None


def _beacon_key(scope: Scope) -> str:
    """The key in the query of a request that adds events: `sendBeacon` sends no header of a page's own."""
    if scope["path"] != "/v1/events" or b"key=" not in scope["query_string"]:
        return ""
    query: bytes = scope["query_string"]
    return dict(parse_qsl(query.decode("latin-1"))).get("key", "")


def _slot(caller: Caller, address: str) -> int:
    """The place of a key, or of an address where none is needed: so one of those that need none stops no other."""
    return (int(caller.hash[:8], 16) if caller.hash else zlib.crc32(address.encode())) % SLOTS + 1


@lru_cache(4096)
def network(address: str) -> str:
    """An IPv4 address, or the /64 network of an IPv6 address, as one client has all of it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
