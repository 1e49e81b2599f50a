"""Who may do what: API keys with scopes; open access only if the settings allow it."""

import hmac
import ipaddress
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ads_pipeline.api import audit
from ads_pipeline.api.keys import OPEN, Caller, digest_of, fixed_keys, read_file, read_keys
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.errors import SettingsError
from ads_pipeline.settings import Settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often the file of keys is looked at for a change, at most."""

_BEARER = HTTPBearer(auto_error=False, description="An API key, made by `ads key`")


def check_exposure(settings: Settings, host: str) -> None:
    """Refuse to serve without keys unless open access is set, and beyond loopback addresses unless that is set too.

    Raises:
        SettingsError: naming the remedy.
    """
    if (read_keys(settings) or settings.api_keys_file) and not settings.api_open:
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
    """Finds callers by their keys, and enforces scopes. A change of the file of keys is followed while the service runs."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.api_keys_file
        self._fixed = fixed_keys(settings)
        self._seen, self._looked = _state_of(self._file), time.monotonic()
        self.callers = self._fixed + read_file(self._file)
        self.open = bool(settings.api_open)
        audit.keys_changed((), self.callers)

    def find(self, key: str | None) -> Caller | None:
        """Who sends a request with this key, or without one; all hashes are compared, each in constant time."""
        self._follow()
        found = OPEN if self.open and key is None else None
        sent = digest_of(key) if key is not None else ""
        for caller in self.callers:
            if hmac.compare_digest(sent, caller.hash):
                found = caller
        return found

    def _follow(self) -> None:
        """Read the file of keys again if it has changed. One that is not sound changes nothing, and is said."""
        if self._file is None or time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked, state = time.monotonic(), _state_of(self._file)
        if state == self._seen:
            return
        self._seen = state
        try:
            callers = self._fixed + read_file(self._file)
        except SettingsError as error:
            log.error("the keys stay as they were: %s", error)
            return
        audit.keys_changed(self.callers, callers)
        self.callers = callers

    def admit(self, caller: Caller | None, scope: str, *, has_key: bool = False) -> Caller:
        """The caller that was found, if it may do this.

        Raises:
            ProblemError: 401 or 403.
        """
        if caller is None or caller.has_expired:
            detail = "unknown API key" if has_key else "an API key is required, in the header `Authorization: Bearer …`"
            if caller:
                detail = f"the key {caller.name!r} was valid until {caller.until}: ask for a new one"
            raise ProblemError(401, detail, {"WWW-Authenticate": "Bearer"})
        if scope not in caller.scopes:
            raise ProblemError(403, f"the key {caller.name!r} lacks the scope {scope!r}")
        return caller


def _state_of(file: Path | None) -> tuple[int, int, int]:
    """What changes when a file does; zeros if there is none."""
    try:
        found = file.stat() if file else None
    except OSError:
        found = None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found else (0, 0, 0)


def admit(request: Request, scope: str) -> Caller:
    """Who sends a request, if they may do this; `limits` has found out who it is.

    Raises:
        ProblemError: 401 or 403, and it is in the audit.
    """
    access: Access = request.app.state.access
    caller: Caller | None = request.state.caller
    try:
        return access.admit(caller, scope, has_key=request.state.has_key)
    except ProblemError as error:
        audit.refused(caller, error.detail, request.state.address, request.state.request_id)
        raise


def admitted(scope: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency that admits callers with a scope."""

    async def dependency(request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> Caller:
        return admit(request, scope)

    return dependency


DropAccess = Annotated[Caller, Depends(admitted("read-drops"))]
AnalyticsAccess = Annotated[Caller, Depends(admitted("read-analytics"))]
