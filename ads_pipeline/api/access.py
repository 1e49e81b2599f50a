"""Who may do what: API keys with scopes, stored as hashes; open access only if the settings allow it."""

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.errors import SettingsError
from ads_pipeline.settings import Settings

SCOPES = ("write", "read-drops", "read-analytics")

_ENTRY = re.compile(r"([A-Za-z0-9_.-]{1,64}):([a-z+-]+):([0-9a-f]{64})")
_BEARER = HTTPBearer(auto_error=False, description="An API key, made by `ads key`")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: the name and scopes of an API key; `open` without one."""

    name: str
    scopes: frozenset[str]
    hash: str = ""


OPEN = Caller("open", frozenset(SCOPES))
"""Who sends no key, where none is needed."""


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


class Access:
    """Finds callers by their keys, and enforces scopes."""

    def __init__(self, settings: Settings) -> None:
        self.callers = read_keys(settings)
        self.open = bool(settings.api_open)

    def find(self, key: str | None) -> Caller | None:
        """Who sends a request with this key, or without one; all hashes are compared, each in constant time."""
        found = OPEN if self.open and key is None else None
        sent = _hash(key) if key is not None else ""
        for caller in self.callers:
            if hmac.compare_digest(sent, caller.hash):
                found = caller
        return found

    def admit(self, caller: Caller | None, scope: str, *, has_key: bool = False) -> Caller:
        """The caller that was found, if it may do this.

        Raises:
            ProblemError: 401 or 403.
        """
        if caller is None:
            detail = "unknown API key" if has_key else "an API key is required, in the header `Authorization: Bearer …`"
            raise ProblemError(401, detail, {"WWW-Authenticate": "Bearer"})
        if scope not in caller.scopes:
            raise ProblemError(403, f"the key {caller.name!r} lacks the scope {scope!r}")
        return caller


def admitted(scope: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency that admits callers with a scope."""

    async def admit(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> Caller:
        access: Access = request.app.state.access
        return access.admit(request.state.caller, scope, has_key=credentials is not None)

    return admit


WriteAccess = Annotated[Caller, Depends(admitted("write"))]
DropAccess = Annotated[Caller, Depends(admitted("read-drops"))]
AnalyticsAccess = Annotated[Caller, Depends(admitted("read-analytics"))]
