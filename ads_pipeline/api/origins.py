"""Which web pages may use the service: without keys, those that it serves itself; with `ADS_API_ORIGINS`, those that are named.

A page of another site can make a browser on this machine send requests here, and by a name of its own that it lets stand for this
machine (DNS rebinding) read the answers. So a service without keys answers only to addresses and to names that no stranger can
register, and a request that says which other site it comes from is refused (ASGI).
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ads_pipeline.api import audit, problems
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.settings import Settings

SAFE = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
"""Headers of every answer: browsers are not to guess what content is, and tell no other site of a page's address."""


class Origins:
    """Refuses requests by `Host` and `Origin` where no key protects the service."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._is_open = bool(settings.api_open)
        self._hosts = frozenset(settings.api_hosts.lower().split())
        self._origins = frozenset(settings.api_origins.lower().split())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, if it may be."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *SAFE]
            await send(message)

        if refusal := self._refusal(scope["headers"]) if self._is_open else "":
            request = Request(scope)
            audit.refused(None, refusal, scope["client"][0] if scope.get("client") else "unknown", request.state.request_id)
            await problems.answer(request, ProblemError(403, refusal))(scope, receive, answer)
            return
        await self.app(scope, receive, answer)

    def _refusal(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Why a request may not be; each `Host` and `Origin` counts, as whoever stands before may have looked at another one."""
        given = [(name, value.decode("latin-1").lower()) for name, value in headers]
        hosts = [value for name, value in given if name == b"host" and value]
        for host in hosts:
            if not (is_local(name := name_of(host)) or name in self._hosts):
                return f"the service needs no key, so it does not answer to the name {name!r}: add it to ADS_API_HOSTS, or set ADS_API_KEYS"
        for origin in [value for name, value in given if name == b"origin" and value]:
            if origin not in self._origins and {address_of(origin)} != set(hosts):
                return f"the service needs no key, so pages of {origin!r} may not use it: add it to ADS_API_ORIGINS, or set ADS_API_KEYS"
        return ""


def address_of(origin: str) -> str:
    """The host and port of an origin; empty if it is no URL."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def name_of(host: str) -> str:
    """The name or address of a `Host` header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return host


def is_local(name: str) -> bool:
    """Whether a name is an address or one that no stranger can register: of one word, or below `.localhost`, `.local`, `.internal`."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith((".localhost", ".local", ".internal"))
    return True
