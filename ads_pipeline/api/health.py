"""Whether the service lives, whether it can do its work, and what it counts."""

import shutil

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ads_pipeline.api import metrics
from ads_pipeline.api.problems import ProblemError, documented
from ads_pipeline.errors import LandingError
from ads_pipeline.landing import WritableStore
from ads_pipeline.settings import Settings

PATHS = ("/healthz", "/readyz", "/metrics")

LEAST_SPACE = 64 << 20
"""Bytes that have to be free for events to be taken."""

router = APIRouter(tags=["operation"])


class State(BaseModel):
    """A service in order."""

    status: str = "ok"


@router.get("/healthz", summary="Whether the service lives")
async def healthz() -> State:
    """Answer, without looking at anything."""
    return State()


@router.get("/readyz", summary="Whether the service can work", responses=documented(503))
def readyz(request: Request) -> State:
    """Look whether events can be kept and drops be landed."""
    settings: Settings = request.app.state.settings
    store: WritableStore = request.app.state.store
    free = shutil.disk_usage(settings.home).free
    if free < LEAST_SPACE:
        raise ProblemError(503, f"{free >> 20} MiB are free for events: make room", {"Retry-After": "30"})
    try:
        store.check()
    except LandingError as error:
        raise ProblemError(503, str(error), {"Retry-After": "30"}) from None
    return State()


@router.get("/metrics", summary="Counts, for Prometheus", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def read_metrics() -> Response:
    """Counts of all workers of this host."""
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
