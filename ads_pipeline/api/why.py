"""A number of a rollup taken apart over HTTP, with the meaning of `ads why`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from ads_pipeline.api.access import AnalyticsAccess
from ads_pipeline.api.json_answers import documented_object, encoded, json_answer
from ads_pipeline.api.known import KnownRollups
from ads_pipeline.api.problems import documented
from ads_pipeline.api.reads import read
from ads_pipeline.api.rollups import Day, RollupName, Where, bounded, check_names
from ads_pipeline.pipeline.query import parse_conditions, parse_names
from ads_pipeline.pipeline.why import UNREAD, as_dict, why
from ads_pipeline.warehouse.warehouse import Warehouse

router = APIRouter(tags=["rollups"])


class WhyParameters(BaseModel):
    """The options of `ads why`, under the same names."""

    day: Day = Field(description="Event day")
    where: Where = []
    metric: str | None = Field(None, description="Metrics to take apart, separated by commas; default: all")


@router.get(
    "/v1/rollups/{name}/why",
    summary="Take a number apart",
    response_class=Response,
    responses=documented_object("The parts of the number") | documented(401, 403, 404, 422, 429, 503, 507),
)
async def take_apart(
    request: Request,
    caller: AnalyticsAccess,
    name: RollupName,
    parameters: Annotated[WhyParameters, Query()],
) -> Response:
    """Take a number of a rollup apart: the drops and lines that it is made of, and what was left out of it. The parts add up to it.

    `ads why --json` gives the same; docs/why.md explains each name.
    """
    check_names(WhyParameters, (name for name, _ in request.query_params.multi_items()))
    rollups: KnownRollups = request.app.state.rollups
    settings = request.app.state.settings

    def answer(warehouse: Warehouse) -> bytes:
        rollup, _ = rollups.find(warehouse, name)
        where = bounded(rollup, parse_conditions(parameters.where), caller.only)
        found = why(warehouse, settings, name, parameters.day, where, parse_names(parameters.metric))
        if caller.only:  # these are of all cells, not of those that the key may see
            found.unplaced, found.accepted = {}, {}
            found.notes = [note for note in found.notes if not note.startswith(UNREAD)]
        return encoded(as_dict(found))

    return json_answer(await read(request, answer))
