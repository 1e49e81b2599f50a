"""The content of large answers: kept aside until it is whole, so that an error can still be answered, then sent as the client takes it.

Meanwhile the engine is free, and serves others. What is small stays in memory; the rest is a file without a name under
`ADS_HOME`, which ends with its last user, whatever becomes of the client or the service.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

SMALL, PIECE = 1 << 20, 1 << 18
"""Bytes of content that stay in memory, and that are sent at a time."""


def keep_content(write: Callable[[IO[bytes]], None], folder: Path) -> IO[bytes]:
    """What `write` puts into a file, which is at its beginning again.

    Raises:
        OSError: there is no room in the folder.
    """
    file: IO[bytes] = SpooledTemporaryFile(SMALL, dir=str(folder))  # noqa: SIM115 - closed by who sends it
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def content_response(file: IO[bytes], headers: dict[str, str], media_type: str) -> Response:
    """Sends a file and closes it."""
    size = file.seek(0, 2)
    file.seek(0)
    if size > PIECE:
        return _FileResponse(file, headers | {"Content-Length": str(size)}, media_type)
    with file:  # at once, without threads
        return Response(file.read(), 200, headers, media_type)


class _FileResponse(StreamingResponse):
    def __init__(self, file: IO[bytes], headers: dict[str, str], media_type: str) -> None:
        super().__init__(iter(partial(file.read, PIECE), b""), 200, headers, media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:  # closed also when the client has gone
            await super().__call__(scope, receive, send)
