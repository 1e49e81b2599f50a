"""The pages for browsers: rollups at `/`, the description of the API at `/docs`. All their files are here: no other host is asked."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

HTML, STATIC = Path(__file__).with_name("html"), Path(__file__).with_name("static")

PAGES = {"/": HTML / "index.html", "/docs": HTML / "docs.html"}

# data: is for the images in the style sheet of Swagger UI
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def install(app: FastAPI) -> None:
    """Add the pages to the service."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for path, file in PAGES.items():
        app.add_route(path, _page(file), include_in_schema=False)


def _page(file: Path) -> Callable[[Request], Awaitable[FileResponse]]:
    async def show(request: Request) -> FileResponse:
        del request
        return FileResponse(file, headers={"Content-Security-Policy": POLICY})

    return show
