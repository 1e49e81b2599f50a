"""The content of large answers: buffered until it is complete, so that an error can still be the answer, then sent as the client reads it.

Meanwhile the engine is free to serve others. Small content stays in memory; large content is an unnamed file under `ADS_HOME`, which
is gone when it is closed, whatever happens to the client or the service.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

SMALL, PIECE = 1 << 20, 1 << 18
"""Bytes of content that stay in memory; bytes sent at a time."""


def buffer_content(write: Callable[[IO[bytes]], None], folder: Path) -> IO[bytes]:
    """A file with what `write` wrote to it, at its beginning.

    Raises:
        OSError: the folder has no space left.
    """
    file: IO[bytes] = SpooledTemporaryFile(SMALL, dir=str(folder))  # noqa: SIM115 - closed by its response
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def content_response(file: IO[bytes], headers: dict[str, str], media_type: str) -> Response:
    """A response that sends a file and closes it."""
    size = file.seek(0, 2)
    file.seek(0)
    if size > PIECE:
        return _FileResponse(file, headers | {"Content-Length": str(size)}, media_type)
    with file:  # small: no thread needed
        return Response(file.read(), 200, headers, media_type)


class _FileResponse(StreamingResponse):
    def __init__(self, file: IO[bytes], headers: dict[str, str], media_type: str) -> None:
        super().__init__(iter(partial(file.read, PIECE), b""), 200, headers, media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:  # also closed if the client disconnects
            await super().__call__(scope, receive, send)
