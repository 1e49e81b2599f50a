"""Liveness, readiness and metrics. None needs a key, so none costs much and none tells of paths or errors: those are in the log."""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from ads_pipeline.api import metrics
from ads_pipeline.api.pipeline_metrics import PipelineMetrics
from ads_pipeline.api.problems import documented
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.errors import LandingError
from ads_pipeline.inbox.sealing import Sealer
from ads_pipeline.landing import WritableStore
from ads_pipeline.settings import Settings

log = logging.getLogger(__name__)

PATHS = ("/healthz", "/readyz", "/metrics")

LEAST_SPACE = 64 << 20
"""Bytes of free disk space below which the service is not ready."""

KEPT_SECONDS = 1.0
"""How long an answer about readiness, and one with metrics, is given again."""

T = TypeVar("T")

router = APIRouter(tags=["operation"])


class Kept(Generic[T]):
    """The result of a call in a thread, made again when it is older than `KEPT_SECONDS`; requests that come meanwhile wait for it."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call, self._lock = call, asyncio.Lock()
        self._found: tuple[float, T] | None = None

    async def get(self) -> T:
        """The result."""
        async with self._lock:
            if self._found is None or time.monotonic() - self._found[0] > KEPT_SECONDS:
                result = await run_in_threadpool(self._call)
                self._found = time.monotonic(), result
            return self._found[1]


class State(BaseModel):
    """The service is in order."""

    status: str = "ok"


class Health:
    """What the service says of itself."""

    def __init__(self, settings: Settings, store: WritableStore) -> None:
        self._settings, self._store = settings, store
        self._said = ""
        self.sealer: Sealer | None = None
        self.pipeline = PipelineMetrics(settings)
        self.trouble, self.exposition = Kept(self._look), Kept(metrics.exposition)

    def _look(self) -> list[str]:
        """What is wrong, in words for anybody; the details go to the log, once."""
        found: dict[str, str] = {}
        free = shutil.disk_usage(self._settings.home).free
        if free < LEAST_SPACE:
            found["little disk space is left"] = f"{free >> 20} MiB of disk space are free at {self._settings.home}: make room"
        try:
            self._store.check()
        except LandingError as error:
            found["the landing store cannot be reached"] = str(error)
        found |= self.sealer.trouble() if self.sealer else {}
        said = "; ".join(found.values())
        if said != self._said:
            log.error("not ready: %s", said) if said else log.info("ready again")
            self._said = said
        return list(found)


@router.get("/healthz", summary="Liveness")
async def healthz() -> State:
    """Answer, without a check of anything."""
    return State()


@router.get("/readyz", summary="Readiness", responses=documented(429, 503))
async def readyz(request: Request) -> State:
    """Check that events can be stored and drops can land."""
    health: Health = request.app.state.health
    if trouble := await health.trouble.get():
        raise ProblemError(503, f"not ready: {'; '.join(trouble)} (the log of the service has the details)", {"Retry-After": "30"})
    return State()


@router.get("/metrics", summary="Prometheus metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def read_metrics(request: Request) -> Response:
    """Metrics of all workers of this host, and of the pipeline as they were a minute ago."""
    health: Health = request.app.state.health
    of_pipeline = health.pipeline.text(request.app.state.reader).encode()
    return Response(await health.exposition.get() + of_pipeline, media_type="text/plain; version=0.0.4; charset=utf-8")
