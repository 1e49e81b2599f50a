"""The analytics API: rollups over HTTP, with the options of `ads query`, in the output formats of the engine."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import partial
from typing import IO, Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field

from ads_pipeline.api.access import AnalyticsAccess
from ads_pipeline.api.conditions import names_etag
from ads_pipeline.api.content import buffer_content, content_response
from ads_pipeline.api.json_answers import model_answer
from ads_pipeline.api.kept import KeptAnswers
from ads_pipeline.api.known import KnownRollups
from ads_pipeline.api.media import MEDIA, negotiated
from ads_pipeline.api.problems import NOT_CHANGED, documented
from ads_pipeline.api.reads import read
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.days import parse_day
from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.availability import read_availability
from ads_pipeline.pipeline.breakdown import Extras, parse_least
from ads_pipeline.pipeline.lookups import named_dimensions
from ads_pipeline.pipeline.query import RollupQuery, parse_conditions, parse_names, plan_query, write_raw
from ads_pipeline.pipeline.rollups import Rollup, all_rollups
from ads_pipeline.pipeline.stated import read_closed
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.warehouse import Warehouse

router = APIRouter(tags=["rollups"])

LEFT_OUT = "Days-Left-Out"
LEFT_OUT_TEXT = (
    "Days of the range, with commas between, that the answer leaves out, if there are any: the engine was killed while a run changed "
    "them, and may count them twice until the next ingest"
)


class RollupDescription(BaseModel):
    """A rollup: its dimensions, its metrics, and the event days that it has."""

    name: str = Field(examples=["campaign_daily"])
    dimensions: list[str] = Field(examples=[["event_date", "campaign_id", "ad_id"]])
    metrics: list[str] = Field(examples=[["impressions", "clicks", "cost"]])
    ratios: list[str] = Field(examples=[["ctr", "cpm"]])
    money: list[str] = Field(description="Metrics that are exact decimal numbers", examples=[["cost"]])
    named: list[str] = Field(description="Dimensions whose values have names", examples=[["campaign_id"]])
    closed_to: date | None = Field(description="The last day that is closed")
    first_day: date | None
    last_day: date | None
    days_left_out: list[date] = Field(
        description="Days that answers leave out until the next ingest: the engine died while a run changed them, and may count them twice"
    )


class RollupList(BaseModel):
    """All rollups."""

    rollups: list[RollupDescription]


@router.get("/v1/rollups", summary="List rollups", response_model=RollupList, responses=documented(401, 403, 429, 503))
async def list_rollups(request: Request, caller: AnalyticsAccess) -> Response:
    """List all rollups, with their dimensions, metrics, ratios and days."""

    async def make() -> Response:
        found = await read(request, partial(_describe, settings=request.app.state.settings))
        return model_answer(RollupList(rollups=[rollup for rollup in found if set(caller.only) <= set(rollup.dimensions)]))

    kept: KeptAnswers = request.app.state.kept
    return await kept.answer(request, caller, make())


def _describe(warehouse: Warehouse, settings: Settings) -> list[RollupDescription]:
    rollups = all_rollups(warehouse, settings)
    available, named = read_availability(warehouse, [rollup.name for rollup in rollups]), named_dimensions(warehouse)
    closed = read_closed(warehouse)
    return [
        RollupDescription(
            name=rollup.name,
            dimensions=list(rollup.dimensions),
            metrics=list(rollup.metrics),
            ratios=list(rollup.ratios),
            money=list(rollup.money),
            named=[column for column in rollup.dimensions if column in named],
            closed_to=closed[rollup.name].last if rollup.name in closed else None,
            first_day=available.states[rollup.name].first_day,
            last_day=available.states[rollup.name].last_day,
            days_left_out=available.left_out,
        )
        for rollup in rollups
    ]


def _day(value: Any) -> Any:
    """A day as YYYY-MM-DD, as for `ads query`; no number and no time."""
    try:
        return parse_day(value) if isinstance(value, str) else value
    except UsageError as error:
        raise ValueError(str(error)) from None


Day = Annotated[date, BeforeValidator(_day)]

RollupName = Annotated[str, Path(description="Name of a listed rollup")]

Where = Annotated[
    list[str], Field(max_length=100, description="`COL=VALUE`: only rows with this value; repeat a column to allow several values")
]


class RollupParameters(BaseModel):
    """The options of `ads query`, under the same names."""

    first: Day | None = Field(None, alias="from", description="First event day; default: all days")
    last: Day | None = Field(None, alias="to", description="Last event day, included")
    by: str | None = Field(None, description="Dimensions to group by, separated by commas; default: all; empty: one row of totals")
    metric: str | None = Field(None, description="Metrics and ratios to show, separated by commas; default: all")
    where: Where = []
    order_by: str | None = Field(None, description="Columns to sort by, `-COL` for descending order; default: the dimensions")
    limit: int | None = Field(None, ge=1, le=1_000_000_000, description="Maximum number of rows")
    stated: bool = Field(False, description="Closed days as they were stated last, rather than as they are now")
    names: bool = Field(False, description="Beside each dimension that has a file of names, the name of its value, as `campaign_id_name`")
    spreadsheet: bool = Field(False, description="Put `'` before texts that a spreadsheet would take for a formula")
    compare: bool = Field(
        False, description="Beside each value `_before`, that of as many days right before, and `_change`, the share it changed by"
    )
    other: bool = Field(False, description="One more row, whose `part` is `other`: all rows beyond `limit` or below `least`, merged")
    totals: bool = Field(False, description="One more row, whose `part` is `total`: everything that `where` lets through, merged")
    least: str | None = Field(None, description="`METRIC=NUMBER`, with commas between: only rows that reach this volume are shown as such")

    @property
    def extras(self) -> Extras:
        """What is asked for beside the rows."""
        return Extras(self.compare, self.other, self.totals, parse_least(parse_names(self.least) or []))

    def plan(self, rollup: Rollup, only: Mapping[str, Collection[str]], named: Collection[str]) -> RollupQuery:
        """The query, of those values of dimensions only to which a key is bound.

        Raises:
            ProblemError: 403, the rollup does not have such a dimension.
            UsageError: an unknown name, an invalid day, or days in the wrong order.
        """
        where = bounded(rollup, parse_conditions(self.where), only)
        for text in where.get("event_date", []):
            parse_day(text)
        check_range(self.first, self.last)
        return plan_query(
            rollup,
            self.first,
            self.last,
            by=parse_names(self.by),
            metrics=parse_names(self.metric),
            where=where,
            order_by=parse_names(self.order_by) or [],
            limit=self.limit,
            spreadsheet=self.spreadsheet,
            extras=self.extras,
            named=named,
            stated=self.stated,
        )


def check_range(first: date | None, last: date | None) -> None:
    """Refuse a range that ends before it begins.

    Raises:
        UsageError: it does.
    """
    if first and last and last < first:
        raise UsageError(f"the range ends ({last}) before it begins ({first}); swap from and to")


def bounded(rollup: Rollup, where: Mapping[str, Sequence[str]], only: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Conditions that hold for what is asked and for what the key may see.

    Raises:
        ProblemError: 403, the rollup does not have the dimension that the key is bound to.
    """
    for column in only:
        if column not in rollup.dimensions:
            raise ProblemError(403, f"the key is bound to values of {column!r}, which {rollup.name} does not have")
    seen = {column: [value for value in where.get(column, values) if value in values] for column, values in only.items()}
    return {**{column: list(values) for column, values in where.items()}, **seen}


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a read; without content if the client has it already."""

    etag: str
    left_out: list[date]
    changed_at: datetime | None
    content: IO[bytes] | None


def _rows_schema() -> dict[int | str, Any]:
    binary = {"type": "string", "format": "binary"}
    rows = {"type": "array", "items": {"type": "object"}}
    content = {media: {"schema": rows if form == "json" else binary} for media, form in MEDIA.items()}
    left_out = {"description": LEFT_OUT_TEXT, "schema": {"type": "string"}}
    return {200: {"description": "The rows, in the format that `Accept` asks for", "content": content, "headers": {LEFT_OUT: left_out}}}


@router.get(
    "/v1/rollups/{name}",
    summary="Read a rollup",
    response_class=Response,
    responses=NOT_CHANGED | _rows_schema() | documented(401, 403, 404, 406, 422, 429, 503, 507),
)
async def read_rollup(
    request: Request,
    caller: AnalyticsAccess,
    name: RollupName,
    parameters: Annotated[RollupParameters, Query()],
    accept: Annotated[str, Header(description="JSON, NDJSON, CSV, Parquet or Arrow")] = "*/*",
    if_none_match: Annotated[str | None, Header(description="Answer 304 if the result has this ETag")] = None,
) -> Response:
    """Read a rollup by event days, grouped by some of its dimensions. Money is exact; a division by zero is null.

    Days that the engine may count twice, since it was killed while a run changed them, are left out until the next ingest;
    the header `Days-Left-Out` names them. While an ingest has the embedded engine, a client that sends `Cache-Control: max-stale=SECONDS`
    gets the last answer, with its `Age`.
    """
    media = negotiated(accept)
    check_names(RollupParameters, (name for name, _ in request.query_params.multi_items()))
    rollups: KnownRollups = request.app.state.rollups
    folder = request.app.state.settings.home.absolute() / "api"

    def answer(warehouse: Warehouse) -> Answer:
        rollup, available = rollups.find(warehouse, name)
        named = named_dimensions(warehouse) if parameters.names else {}
        statement = read_closed(warehouse).get(name) if parameters.stated else None
        query, state = parameters.plan(rollup, caller.only, named), available.states[name]
        left_out = available.left_out_between(parameters.extras.since(parameters.first, parameters.last), parameters.last)
        etag = _etag(f"{state.version} {left_out} {sorted(named.items())} {statement}", media, query)
        known = if_none_match is not None and names_etag(if_none_match, etag)
        content = None if known else buffer_content(partial(write_raw, warehouse, query, MEDIA[media]), folder)
        return Answer(etag, left_out, state.changed_at, content)

    kept: KeptAnswers = request.app.state.kept
    return await kept.answer(request, caller, _respond(request, answer, media))


async def _respond(request: Request, answer: Callable[[Warehouse], Answer], media: str) -> Response:
    found = await read(request, answer)
    headers = {"ETag": found.etag, "Cache-Control": "private, no-cache", "Vary": "Accept"}
    if found.left_out:
        headers[LEFT_OUT] = ", ".join(map(str, found.left_out))
    if found.changed_at:
        headers["Last-Modified"] = format_datetime(found.changed_at.astimezone(UTC), usegmt=True)
    if found.content is None:
        return Response(status_code=304, headers=headers)
    return content_response(found.content, headers, media)


def check_names(parameters: type[BaseModel], given: Iterable[str]) -> None:
    """Refuse parameters that are not those of the model, and any but `where` that is given twice.

    Raises:
        UsageError: there is one.
    """
    allowed = [field.alias or name for name, field in parameters.model_fields.items()]
    for name, times in Counter(given).items():
        if name not in allowed:
            raise UsageError(f"unknown parameter {name!r}; supported: {', '.join(allowed)}")
        if times > 1 and name != "where":
            raise UsageError(f"{name} is given {times} times: give it once, with commas between names; only `where` may be repeated")


def _etag(version: str, media: str, query: RollupQuery) -> str:
    parts = [version, media, query.sql.render(), *(f"{key}={value}" for key, value in sorted(query.parameters.items()))]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f'"{digest[:32]}"'
