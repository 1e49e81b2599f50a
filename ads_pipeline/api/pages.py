"""What does not change: the pages for browsers (rollups at `/`, the description of the API at `/docs`), their files, and `/openapi.json`.

All of it is read or made once, and sent from memory: a request costs no thread and no file, and what is large counts for more requests
of its address. No other host is asked for anything.
"""

import hashlib
import json
import mimetypes
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from ads_pipeline.api.conditions import names_etag

HTML, STATIC = Path(__file__).with_name("html"), Path(__file__).with_name("static")

PAGES = {"/": HTML / "index.html", "/docs": HTML / "docs.html"}

# data: is for the images in the style sheet of Swagger UI
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def install(app: FastAPI) -> None:
    """Add the pages to the service."""
    for path, file in PAGES.items():
        app.add_route(path, _fixed(file, {"Content-Security-Policy": POLICY}), include_in_schema=False)
    for file in sorted(file for file in STATIC.rglob("*") if file.is_file()):
        app.add_route(f"/static/{file.relative_to(STATIC).as_posix()}", _fixed(file, {}), include_in_schema=False)


def install_document(app: FastAPI, make: Callable[[str], dict[str, Any]], moment: Callable[[], str]) -> None:
    """Add `/openapi.json`; its examples have the time at which they are read, as events of other days may be refused."""
    made: list[tuple[str, str]] = []  # once, when it is first asked for

    async def show(request: Request) -> Response:
        now = moment()
        if not made:
            made.append((now, json.dumps(make(now), ensure_ascii=False, separators=(",", ":"))))
        then, text = made[0]
        request.state.limits.strangers.charge(request.state.address, len(text))
        return Response(text.replace(then, now), media_type="application/json")

    app.add_route("/openapi.json", show, include_in_schema=False)


def _fixed(file: Path, headers: dict[str, str]) -> Callable[[Request], Awaitable[Response]]:
    content = file.read_bytes()
    media = mimetypes.guess_type(file.name)[0] or "text/plain"
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = headers | {"ETag": etag, "Cache-Control": "no-cache"}

    async def show(request: Request) -> Response:
        if names_etag(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers=headers)
        request.state.limits.strangers.charge(request.state.address, len(content))
        return Response(content, headers=headers, media_type=media)

    return show
