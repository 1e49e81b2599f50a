"""Liveness, readiness and metrics."""

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
"""Bytes of free disk space below which the service is not ready."""

router = APIRouter(tags=["operation"])


class State(BaseModel):
    """The service is in order."""

    status: str = "ok"


@router.get("/healthz", summary="Liveness")
async def healthz() -> State:
    """Answer, without a check of anything."""
    return State()


@router.get("/readyz", summary="Readiness", responses=documented(503))
def readyz(request: Request) -> State:
    """Check that events can be stored and drops can land."""
    settings: Settings = request.app.state.settings
    store: WritableStore = request.app.state.store
    free = shutil.disk_usage(settings.home).free
    if free < LEAST_SPACE:
        raise ProblemError(503, f"only {free >> 20} MiB of disk space are free: make room", {"Retry-After": "30"})
    try:
        store.check()
    except LandingError as error:
        raise ProblemError(503, str(error), {"Retry-After": "30"}) from None
    return State()


@router.get("/metrics", summary="Prometheus metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def read_metrics() -> Response:
    """Metrics of all workers of this host."""
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
