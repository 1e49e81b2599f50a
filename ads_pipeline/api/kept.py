"""The last answers to reads, for clients that would rather have an old one than none: `Cache-Control: max-stale=SECONDS` (RFC 9111).

While an ingest has the embedded engine, such a client gets the last answer after a moment, with its `Age` in seconds. An answer is kept
for what was asked and for the values that the key is bound to, in the memory of each worker.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from ads_pipeline.api.keys import Caller
from ads_pipeline.api.refusal import ProblemError

PATIENCE = 0.7
"""Seconds that an answer may take before the last one is sent instead."""

ROOM = 32 << 20
"""Bytes of answers that are kept."""

_MAX_STALE = re.compile(r"(?:^|[,\s])max-stale(?:=(\d{1,9}))?(?:[,\s]|$)")

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    body: bytes
    headers: dict[str, str]


class KeptAnswers:
    """The last answers, those asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._size = 0
        self._making: dict[Key, asyncio.Task[Response]] = {}

    async def answer(self, request: Request, caller: Caller, making: Coroutine[Any, Any, Response]) -> Response:
        """The response that is made; or the last one, if the client takes it and the engine does not answer at once.

        Then the making goes on, for the next request: one at a time for what is asked.

        Raises:
            ProblemError: what the making raises, where there is no answer to give instead.
        """
        key = _key(request, caller)
        kept = self._usable(key, request)
        if kept is None:
            response = await making
            self._keep(key, response)
            return response
        if joined := key in self._making:
            making.close()
        else:
            self._making[key] = asyncio.ensure_future(making)
            self._making[key].add_done_callback(lambda task: self._made(key, task))
        task = self._making[key]
        await asyncio.wait([task], timeout=PATIENCE)
        if not task.done():
            request.state.detached = True
            return _again(kept)
        error = task.exception()
        if isinstance(error, ProblemError) and error.status in (400, 503):  # busy, or the client that had asked first is gone
            return _again(kept)
        response = task.result()
        if isinstance(response, StreamingResponse):  # it can be sent once
            return _again(kept) if joined else response
        return Response(response.body, response.status_code, dict(response.headers))

    def _made(self, key: Key, task: "asyncio.Task[Response]") -> None:
        del self._making[key]
        if not task.cancelled() and not task.exception():
            self._keep(key, task.result())

    def _usable(self, key: Key, request: Request) -> _Kept | None:
        wanted = _MAX_STALE.search(request.headers.get("cache-control", ""))
        kept = self._kept.get(key) if wanted else None
        if kept is None or (wanted and wanted[1] and time.time() - kept.at > int(wanted[1])):
            return None
        self._kept.move_to_end(key)
        return kept

    def _keep(self, key: Key, response: Response) -> None:
        if response.status_code != 200 or isinstance(response, StreamingResponse):
            return
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        if old := self._kept.pop(key, None):
            self._size -= len(old.body)
        self._kept[key] = _Kept(time.time(), bytes(response.body), headers)
        self._size += len(response.body)
        while self._size > ROOM:
            self._size -= len(self._kept.popitem(last=False)[1].body)


def _key(request: Request, caller: Caller) -> Key:
    only = tuple(sorted((column, values) for column, values in caller.only.items()))
    return only, request.url.path, request.url.query, *(request.headers.get(name, "") for name in ("accept", "if-none-match"))


def _again(kept: _Kept) -> Response:
    return Response(kept.body, 200, kept.headers | {"Age": str(max(0, round(time.time() - kept.at)))})
