"""How fresh and how sound the data is, for the header of the page."""

from datetime import date, datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from ads_pipeline.api.access import AnalyticsAccess
from ads_pipeline.api.kept import KeptAnswers, json_answer
from ads_pipeline.api.problems import documented
from ads_pipeline.api.reads import read
from ads_pipeline.days import today, utc_now
from ads_pipeline.pipeline.outcomes import Outcome
from ads_pipeline.pipeline.quality import Check, known_outcomes
from ads_pipeline.pipeline.status import read_freshness
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.warehouse import Warehouse

router = APIRouter(tags=["rollups"])


class FailingCheck(BaseModel):
    """A check that failed when it ran last."""

    name: str = Field(examples=["events.no_failed_drop"])
    severity: Literal["error", "warning"]
    observed: float
    at: datetime = Field(description="When it ran")
    description: str
    remedy: str


class Status(BaseModel):
    """Freshness and soundness. A key that is bound to values of a dimension is told days and times only: all else is of all events."""

    at: datetime = Field(description="When this was read")
    today: date = Field(description="The present day in the reporting time zone")
    timezone: str = Field(examples=["Europe/Berlin"])
    last_loaded: datetime | None = Field(default=None, description="When a drop was loaded last (UTC)")
    failed_drops: int | None = Field(default=None, description="Drops that could not be read")
    quarantined_share: float | None = Field(
        default=None, description="Share of the records of the last seven landed days that were refused"
    )
    checks: int | None = Field(default=None, description="Checks of which it is known what they found")
    failing: list[FailingCheck] | None = None


@router.get("/v1/status", summary="Freshness and failing checks", response_model=Status, responses=documented(401, 403, 429, 503, 507))
async def show_status(request: Request, caller: AnalyticsAccess) -> Response:
    """Tell until when data is there, when it was loaded, and what is wrong.

    Checks of the ledger run now; of others it is told what they found when they ran last on this machine (`ads check`, Dagster).
    """
    kept: KeptAnswers = request.app.state.kept
    settings: Settings = request.app.state.settings

    async def make() -> Response:
        found = await read(request, lambda warehouse: _look(warehouse, settings))
        if caller.only:
            found = found.model_copy(update=dict.fromkeys(("failed_drops", "quarantined_share", "checks", "failing")))
        return json_answer(found)

    return await kept.answer(request, caller, make())


def _look(warehouse: Warehouse, settings: Settings) -> Status:
    now = utc_now()
    found = Status(at=now, today=today(settings.timezone, now), timezone=settings.timezone)
    fresh = read_freshness(warehouse)
    if fresh is None:
        return found
    told = known_outcomes(warehouse, settings)
    failing = [_failing(one, check) for check, one in told if not one.passed]
    return found.model_copy(update={**fresh, "checks": len(told), "failing": failing})


def _failing(one: Outcome, check: Check) -> FailingCheck:
    return FailingCheck(
        name=check.full_name, severity=check.severity, observed=one.observed, at=one.at, description=check.description, remedy=check.remedy
    )
