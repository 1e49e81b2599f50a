"""The service, assembled: routes, errors, request ids, and the threads that run beside the requests."""

import gc
import logging
import multiprocessing
import os
import random
import re
import signal
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ads_pipeline import __version__
from ads_pipeline.api import drops, events, health, history, metrics, pages, problems, rollups, status, why
from ads_pipeline.api.access import Access
from ads_pipeline.api.body import Memory
from ads_pipeline.api.connections import Connections
from ads_pipeline.api.judge import Judge
from ads_pipeline.api.kept import KeptAnswers
from ads_pipeline.api.known import KnownRollups
from ads_pipeline.api.limits import Limits
from ads_pipeline.api.origins import Origins
from ads_pipeline.api.reader import open_reader
from ads_pipeline.contract import Event
from ads_pipeline.inbox.committer import Committer
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.landing import open_writable_store
from ads_pipeline.log import configure_logging
from ads_pipeline.settings import Settings, load_settings

log = logging.getLogger(__name__)

DESCRIPTION = """Advertising events in, drops and rollups out.

Acknowledged events are on disk. They are sealed into drops, which an ingest loads; rollups are exact after every ingest."""

CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST"],
    "allow_headers": ["Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "If-None-Match"],
    "expose_headers": ["ETag", "Retry-After", "X-Request-Id", rollups.LEFT_OUT],
    "max_age": 3600,
}
"""What pages of the sites in `ADS_API_ORIGINS` may send and read. No cookies: there are none."""

GARBAGE = 20_000
"""New objects after which Python looks for those that hold each other; after 700, as by itself, it takes a tenth of a worker's time."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service, for these settings or those of the environment."""
    settings = settings or load_settings()
    configure_logging(settings)
    app = FastAPI(
        title="ads_pipeline",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        redirect_slashes=False,
        openapi_url=None,
    )
    app.state.settings = settings
    app.state.access = Access(settings)
    app.state.rollups = KnownRollups(settings)
    app.state.kept = KeptAnswers()
    app.state.checks = status.KnownChecks(settings)
    app.state.memory = Memory(max(settings.api_memory, 2 * settings.api_max_body))
    app.state.judge = Judge()
    app.state.store = open_writable_store(settings)
    app.state.health = health.Health(settings, app.state.store)
    problems.install(app)
    for part in (events, drops, rollups, why, history, status, health):
        app.include_router(part.router)
    pages.install(app)
    pages.install_document(app, partial(_document, app), events.present_moment)
    app.openapi = lambda: _document(app, events.present_moment())  # type: ignore[method-assign]
    app.add_middleware(Limits, settings=settings, access=app.state.access)
    if settings.api_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.api_origins.split(), **CORS)
    app.add_middleware(Origins, settings=settings)
    app.add_middleware(RequestLog)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Start and stop the threads beside the requests; they end after the last answer, the sealer when everything is committed."""
    settings: Settings = app.state.settings
    spool = settings.home.absolute() / "spool"
    app.state.committer = Committer(spool, settings.seal_bytes)
    app.state.reader = open_reader(settings)
    sealer = Sealer(spool, app.state.store, age=settings.seal_age.total_seconds(), size=settings.seal_bytes)
    app.state.health.sealer = sealer
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    gc.collect()
    gc.freeze()  # what is there by now stays: it need not be looked at again and again
    gc.set_threshold(GARBAGE, 10, 10)
    try:
        yield {"connections": Connections(settings.api_connections, settings.api_max_body)}
    finally:
        await app.state.judge.close()
        app.state.committer.close()
        sealer.close()
        app.state.reader.close()


def _end_with_parent() -> None:
    """Stop a worker, as Ctrl-C does, when the process that started it is gone: after SIGKILL that could not tell its workers."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _document(app: FastAPI, moment: str) -> dict[str, Any]:
    """The OpenAPI document; `moment` is the time of its examples."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    _, extra = models_json_schema([(Event, "validation"), (problems.Problem, "validation")], ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= extra["$defs"]
    events.set_examples(document, moment, app.state.settings.event_types)
    if app.state.access.open:
        for operation in (operation for path in document["paths"].values() for operation in path.values()):
            operation["security"] = [{}, *operation.get("security", [])]
    return document


class RequestLog:
    """Gives each request an id, and logs its method, route, status and time, but no query, header or content."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on (ASGI)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = sent if _REQUEST_ID.fullmatch(sent) else f"{random.getrandbits(128):032x}"
        scope.setdefault("state", {})["request_id"] = request_id

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            took = 1000 * (time.perf_counter() - started)
            caller = scope["state"].get("caller")
            route = getattr(scope.get("route"), "path", "other")
            metrics.REQUESTS.labels(route, status).inc()
            level = logging.DEBUG if route in health.PATHS else logging.INFO
            log.log(
                level, "%s %s %d %.1f ms, %s, request %s", scope["method"], route, status, took, caller.name if caller else "-", request_id
            )
