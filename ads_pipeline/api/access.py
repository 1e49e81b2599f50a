"""Who may do what: API keys with scopes, stored as hashes; open access only if the settings allow it; a rate limit per key."""

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
class Caller:
    """Who sends a request: the name and scopes of an API key; `open` without one."""

    name: str
    scopes: frozenset[str]
    hash: str = ""


def make_key(name: str, scopes: tuple[str, ...]) -> tuple[str, str]:
    """A new key, and its entry for `ADS_API_KEYS`, which does not reveal the key.

    Raises:
        SettingsError: the name is invalid.
    """
    key = secrets.token_urlsafe(32)
    entry = f"{name}:{'+'.join(scopes)}:{_hash(key)}"
    if not _ENTRY.fullmatch(entry):
        raise SettingsError(f"invalid name {name!r} for a key: use up to 64 letters, digits, '_', '.' and '-'")
    return key, entry


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()  # a key has 256 random bits: no need for a slow hash


def read_keys(settings: Settings) -> tuple[Caller, ...]:
    """The keys of the settings.

    Raises:
        SettingsError: an entry is invalid; its hash is not shown.
    """
    callers = []
    for number, entry in enumerate(settings.api_keys.get_secret_value().replace(",", " ").split(), 1):
        found = _ENTRY.fullmatch(entry)
        scopes = frozenset(found[2].split("+")) if found else frozenset()
        if not found or not scopes <= set(SCOPES):
            raise SettingsError(
                f"ADS_API_KEYS: entry {number} is not name:scope+scope:hash (scopes: {', '.join(SCOPES)}); make one with `ads key`"
            )
        callers.append(Caller(found[1], scopes, found[3]))
    return tuple(callers)


def check_exposure(settings: Settings, host: str) -> None:
    """Refuse to serve without keys unless open access is set, and beyond loopback addresses unless that is set too.

    Raises:
        SettingsError: naming the remedy.
    """
    if read_keys(settings) and not settings.api_open:
        return
    if not settings.api_open:
        raise SettingsError(
            "there are no API keys: make one with `ads key` and set ADS_API_KEYS, or use --open to serve anybody on this machine"
        )
    if settings.api_open == "loopback" and not _is_loopback(host):
        raise SettingsError(
            f"open access is for loopback addresses only, and {host} is not one: set ADS_API_KEYS, or ADS_API_OPEN=anywhere if you mean it"
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Rates:
    """A rate limit per caller: token buckets of one second's requests, in a file that the workers share."""

    def __init__(self, file: Path, limit: int) -> None:
        self._handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._limit = limit

    def take(self, number: int) -> bool:
        """Take one request from the bucket of the caller with this number in the settings; False if it is empty."""
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            now, data = time.time(), os.pread(self._handle, _BUCKET.size, number * _BUCKET.size)
            left, then = _BUCKET.unpack(data) if len(data) == _BUCKET.size else (self._limit, now)
            left = min(self._limit, left + max(0.0, now - then) * self._limit)
            os.pwrite(self._handle, _BUCKET.pack(max(0.0, left - 1), now) if left >= 1 else _BUCKET.pack(left, now), number * _BUCKET.size)
            return bool(left >= 1)
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)


class Access:
    """Finds callers by their keys, and enforces scopes and rate limits."""

    def __init__(self, settings: Settings) -> None:
        self.callers = read_keys(settings)
        self.open = bool(settings.api_open)
        folder = settings.home.absolute() / "api"
        folder.mkdir(parents=True, exist_ok=True)
        self._rates = Rates(folder / "rates", settings.api_rate) if settings.api_rate else None

    def admit(self, key: str | None, scope: str) -> Caller:
        """Who sends a request, if it may.

        Raises:
            ProblemError: 401, 403 or 429.
        """
        number, caller = self._find(key)
        if caller is None:
            detail = "an API key is required, in the header `Authorization: Bearer …`" if key is None else "unknown API key"
            raise ProblemError(401, detail, {"WWW-Authenticate": "Bearer"})
        if scope not in caller.scopes:
            raise ProblemError(403, f"the key {caller.name!r} lacks the scope {scope!r}")
        if self._rates and not self._rates.take(number):
            raise ProblemError(
                429,
                f"{caller.name!r} has exceeded its rate limit: slow down, or send more events per request",
                {"Retry-After": "1"},
            )
        return caller

    def _find(self, key: str | None) -> tuple[int, Caller | None]:
        """The caller and its number; all hashes are compared, each in constant time."""
        found: tuple[int, Caller | None] = (0, Caller("open", frozenset(SCOPES))) if self.open and key is None else (0, None)
        sent = _hash(key) if key is not None else ""
        for number, caller in enumerate(self.callers, 1):
            if hmac.compare_digest(sent, caller.hash):
                found = number, caller
        return found


def admitted(scope: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency that admits callers with a scope."""

    async def admit(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> Caller:
        access: Access = request.app.state.access
        caller = access.admit(credentials.credentials if credentials else None, scope)
        request.state.caller = caller
        return caller

    return admit


WriteAccess = Annotated[Caller, Depends(admitted("write"))]
DropAccess = Annotated[Caller, Depends(admitted("read-drops"))]
AnalyticsAccess = Annotated[Caller, Depends(admitted("read-analytics"))]
