"""What days came to, and what has changed of closed ones, over HTTP, with the meaning of `ads history` and `ads restatements`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from ads_pipeline.api.access import AnalyticsAccess
from ads_pipeline.api.json_answers import documented_object, encoded, json_answer
from ads_pipeline.api.known import KnownRollups
from ads_pipeline.api.problems import documented
from ads_pipeline.api.reads import read
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.api.rollups import Day, RollupName, Where, bounded, check_names, check_range
from ads_pipeline.days import EARLIEST_DAY, LATEST_DAY
from ads_pipeline.pipeline.closing import closed_to
from ads_pipeline.pipeline.history import history_as_dict, read_history, read_restatements, restatements_as_dict
from ads_pipeline.pipeline.query import parse_conditions
from ads_pipeline.warehouse.warehouse import Warehouse

router = APIRouter(tags=["rollups"])


class HistoryParameters(BaseModel):
    """The options of `ads history`, under the same names."""

    day: Day = Field(description="Event day")


@router.get(
    "/v1/rollups/{name}/history",
    summary="What a day came to",
    response_class=Response,
    responses=documented_object("Each change of the day's totals, the first one first") | documented(401, 403, 404, 422, 429, 503, 507),
)
async def show_history(
    request: Request, caller: AnalyticsAccess, name: RollupName, parameters: Annotated[HistoryParameters, Query()]
) -> Response:
    """Tell what a day came to when it was first settled and at each change since, by which batch, and when it was closed.

    `ads history --json` gives the same. Totals are of all rows of the day together, so a key that is bound to values of a dimension is
    refused: it may read the restatements of its rows.
    """
    check_names(HistoryParameters, (name for name, _ in request.query_params.multi_items()))
    if caller.only:
        bounds = ", ".join(map(repr, caller.only))
        raise ProblemError(403, f"the key is bound to values of {bounds}, and the history of a day is of all: read its restatements")
    rollups: KnownRollups = request.app.state.rollups

    def answer(warehouse: Warehouse) -> bytes:
        rollup, _ = rollups.find(warehouse, name)
        changes = read_history(warehouse, rollup.name, parameters.day)
        return encoded(history_as_dict(rollup.name, parameters.day, closed_to(warehouse), changes))

    return json_answer(await read(request, answer))


class RestatementParameters(BaseModel):
    """The options of `ads restatements`, under the same names."""

    first: Day | None = Field(None, alias="from", description="First event day; default: all days")
    last: Day | None = Field(None, alias="to", description="Last event day, included")
    where: Where = []


@router.get(
    "/v1/rollups/{name}/restatements",
    summary="What has changed of closed days",
    response_class=Response,
    responses=documented_object("Each change of a row of a closed day, by day, then in the order of settling")
    | documented(401, 403, 404, 422, 429, 503, 507),
)
async def list_restatements(
    request: Request, caller: AnalyticsAccess, name: RollupName, parameters: Annotated[RestatementParameters, Query()]
) -> Response:
    """List what has changed of closed days since they were closed, by day and key: what stood before, the difference, what stands since.

    `ads restatements --json` gives the same. A row of the statement and its restatements add up to what the rollup has now.
    """
    check_names(RestatementParameters, (name for name, _ in request.query_params.multi_items()))
    check_range(parameters.first, parameters.last)
    rollups: KnownRollups = request.app.state.rollups
    first, last, most = parameters.first or EARLIEST_DAY, parameters.last or LATEST_DAY, request.app.state.settings.api_max_rows + 1

    def answer(warehouse: Warehouse) -> bytes:
        rollup, _ = rollups.find(warehouse, name)
        where = bounded(rollup, parse_conditions(parameters.where), caller.only)
        found = read_restatements(warehouse, rollup, first, last, most, where)
        return encoded(restatements_as_dict(closed_to(warehouse), found, rollup.metrics))

    return json_answer(await read(request, answer))
