"""Who may do what: API keys with scopes, kept as hashes; open access only where the settings say so; a rate a key."""

import fcntl
import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ads_pipeline.api.problems import ProblemError
from ads_pipeline.errors import SettingsError
from ads_pipeline.settings import Settings

SCOPES = ("write", "read-drops", "read-analytics")

_ENTRY = re.compile(r"([A-Za-z0-9_.-]{1,64}):([a-z+-]+):([0-9a-f]{64})")
_BUCKET = struct.Struct("<dd")  # requests left, when that was so
_BEARER = HTTPBearer(auto_error=False, description="An API key, made by `ads key`")


@dataclass(frozen=True, slots=True)
class Client:
    """Who sends a request: the name of its key, or `open`."""

    name: str
    scopes: frozenset[str]
    hash: str = ""


def make_key(name: str, scopes: tuple[str, ...]) -> tuple[str, str]:
    """A new key, and its entry for `ADS_API_KEYS`, from which the key cannot be told."""
    key = secrets.token_urlsafe(32)
    entry = f"{name}:{'+'.join(scopes)}:{_hash(key)}"
    if not _ENTRY.fullmatch(entry):
        raise SettingsError(f"a key cannot be named {name!r}: up to 64 letters, digits, '_', '.' and '-'")
    return key, entry


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()  # a key has 256 random bits: no need for a slow hash


def read_keys(settings: Settings) -> tuple[Client, ...]:
    """The keys of the settings.

    Raises:
        SettingsError: an entry that is none; its hash is not shown.
    """
    clients = []
    for place, entry in enumerate(settings.api_keys.get_secret_value().replace(",", " ").split(), 1):
        found = _ENTRY.fullmatch(entry)
        scopes = frozenset(found[2].split("+")) if found else frozenset()
        if not found or not scopes <= set(SCOPES):
            raise SettingsError(
                f"ADS_API_KEYS: entry {place} is not name:scope+scope:hash with scopes of {', '.join(SCOPES)}; make it by `ads key`"
            )
        clients.append(Client(found[1], scopes, found[3]))
    return tuple(clients)


def check_exposure(settings: Settings, host: str) -> None:
    """Refuse to serve without keys, unless that was asked for, and beyond loopback unless that was asked for too.

    Raises:
        SettingsError: naming the remedy.
    """
    if read_keys(settings) and not settings.api_open:
        return
    if not settings.api_open:
        raise SettingsError(
            "there are no API keys: make one with `ads key` and set ADS_API_KEYS, or say --open to serve anybody on this machine"
        )
    if settings.api_open == "loopback" and not _is_loopback(host):
        raise SettingsError(
            f"open access is for loopback addresses, and {host} is none: set ADS_API_KEYS, or ADS_API_OPEN=anywhere if you mean it"
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Rates:
    """How many requests each client has left: a token bucket of one second, in a file that the workers share."""

    def __init__(self, file: Path, limit: int) -> None:
        self._handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._limit = limit

    def take(self, place: int) -> bool:
        """Take one request of the client at this place of the settings; False when none is left."""
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            now, data = time.time(), os.pread(self._handle, _BUCKET.size, place * _BUCKET.size)
            left, then = _BUCKET.unpack(data) if len(data) == _BUCKET.size else (self._limit, now)
            left = min(self._limit, left + max(0.0, now - then) * self._limit)
            os.pwrite(self._handle, _BUCKET.pack(max(0.0, left - 1), now) if left >= 1 else _BUCKET.pack(left, now), place * _BUCKET.size)
            return bool(left >= 1)
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)


class Access:
    """Tells clients by their keys, and holds them to scopes and rate."""

    def __init__(self, settings: Settings) -> None:
        self.clients = read_keys(settings)
        self.open = bool(settings.api_open)
        folder = settings.home.absolute() / "api"
        folder.mkdir(parents=True, exist_ok=True)
        self._rates = Rates(folder / "rates", settings.api_rate) if settings.api_rate else None

    def admit(self, key: str | None, scope: str) -> Client:
        """The client that a request comes from.

        Raises:
            ProblemError: 401, 403 or 429.
        """
        place, client = self._find(key)
        if client is None:
            detail = "this needs an API key in the header `Authorization: Bearer …`" if key is None else "this API key is not known"
            raise ProblemError(401, detail, {"WWW-Authenticate": "Bearer"})
        if scope not in client.scopes:
            raise ProblemError(403, f"the key {client.name!r} has no scope {scope!r}")
        if self._rates and not self._rates.take(place):
            raise ProblemError(
                429,
                f"more requests than the limit allows for {client.name!r}: slow down, or send more events in each",
                {"Retry-After": "1"},
            )
        return client

    def _find(self, key: str | None) -> tuple[int, Client | None]:
        """All hashes are compared, each in constant time."""
        found: tuple[int, Client | None] = (0, Client("open", frozenset(SCOPES))) if self.open and key is None else (0, None)
        sent = _hash(key) if key is not None else ""
        for place, client in enumerate(self.clients, 1):
            if hmac.compare_digest(sent, client.hash):
                found = place, client
        return found


def admitted(scope: str) -> Callable[..., Awaitable[Client]]:
    """A dependency that admits clients with a scope."""

    async def admit(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> Client:
        access: Access = request.app.state.access
        client = access.admit(credentials.credentials if credentials else None, scope)
        request.state.client = client
        return client

    return admit


Writer = Annotated[Client, Depends(admitted("write"))]
DropReader = Annotated[Client, Depends(admitted("read-drops"))]
Analyst = Annotated[Client, Depends(admitted("read-analytics"))]
