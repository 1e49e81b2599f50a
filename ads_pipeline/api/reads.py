"""Reads of the engine for a request: errors become problems, and no read is begun for a client that has gone."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request

from ads_pipeline.api.reader import Reader
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.errors import EngineError, TransientError
from ads_pipeline.warehouse.error_codes import NO_SPACE
from ads_pipeline.warehouse.warehouse import Warehouse

T = TypeVar("T")

TOO_MANY_ROWS = 396
"""The engine's error code for a result above the limit."""


async def read(request: Request, call: Callable[[Warehouse], T]) -> T:
    """The result of a read; errors of the engine become problems."""
    reader: Reader = request.app.state.reader
    try:
        return await _while_connected(request, asyncio.wrap_future(reader.read(call)))
    except TransientError as error:
        raise ProblemError(503, str(error), {"Retry-After": "5"}) from error
    except EngineError as error:
        raise _limited(request, error) from error
    except OSError as error:
        raise _no_room(error.strerror) from error


async def _while_connected(request: Request, reading: "asyncio.Future[T]") -> T:
    """The result of a read. A read that has not begun when the client disconnects is cancelled: others wait for the engine.

    One whose client has been answered (`detached`, see `kept`) goes on.
    """

    async def disconnected() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        if getattr(request.state, "detached", False):
            await asyncio.Event().wait()

    leaving = asyncio.ensure_future(disconnected())
    either: list[asyncio.Future[Any]] = [reading, leaving]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            raise ProblemError(400, "the client disconnected before the answer")
        return reading.result()
    finally:
        leaving.cancel()
        reading.cancel()


def _limited(request: Request, error: EngineError) -> Exception:
    if error.code == TOO_MANY_ROWS:
        most = request.app.state.settings.api_max_rows
        return ProblemError(422, f"the result has more than {most} rows: ask for fewer days, dimensions or values, or set `limit`")
    return _no_room("the engine's disk is full") if error.code == NO_SPACE else error


def _no_room(reason: str | None) -> ProblemError:
    return ProblemError(507, f"no space is left for the answer ({reason}): ask for less, or try again later", {"Retry-After": "30"})
