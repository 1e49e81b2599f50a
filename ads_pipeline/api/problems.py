"""Errors as RFC 9457 problems: `application/problem+json` with type, title, status, detail and request id."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.errors import AdsError, LandingError, SettingsError, TransientError, UsageError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

SMALL_BODY = 1 << 16
"""Bytes of an unread body up to which a connection stays open: reading them costs less than a new connection."""

NOT_CHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Not changed"}}
"""For operations with `If-None-Match`."""


class Problem(BaseModel):
    """What is wrong, and the remedy (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field("about:blank", description="Kind of problem")
    title: str = Field(description="The status as text", examples=["Unprocessable Content"])
    status: int = Field(description="The HTTP status", examples=[422])
    detail: str = Field(description="What is wrong, and the remedy")
    request_id: str = Field(description="Identifies the request in the log of the service")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems with which an operation may answer, for the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}} for status in sorted(statuses)}


def answer(request: Request, error: ProblemError) -> JSONResponse:
    """A problem as a response; it closes the connection if much of the body is unread, which would have to be read first."""
    headers = {**(error.headers or {}), **({"Connection": "close"} if _leaves_a_body(request) else {})}
    problem = Problem(
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.detail,
        request_id=request.state.request_id,
        **error.more,
    )
    return JSONResponse(problem.model_dump(), error.status, headers, MEDIA_TYPE)


def _leaves_a_body(request: Request) -> bool:
    if getattr(request.state, "body_is_read", False):
        return False
    length = request.headers.get("content-length", "")
    return "transfer-encoding" in request.headers or (length.isdecimal() and int(length) > SMALL_BODY)


def install(app: FastAPI) -> None:
    """Answer every error of the service with a problem."""

    @app.exception_handler(ProblemError)
    async def _problem(request: Request, error: ProblemError) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        detail = f"{request.url.path} does not exist: /docs lists all paths"
        if error.status_code == 405:
            detail = f"{request.url.path} does not support {request.method}; allowed: {(error.headers or {}).get('Allow')}"
        return answer(request, ProblemError(error.status_code, detail, dict(error.headers or {})))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [
            f"{'.'.join(map(str, item['loc'][1:])) or item['loc'][0]}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        ]
        return answer(request, ProblemError(422, "; ".join(wrong)))

    @app.exception_handler(UsageError)
    async def _usage(request: Request, error: UsageError) -> JSONResponse:
        return answer(request, ProblemError(422, str(error)))

    @app.exception_handler(SettingsError)
    async def _unset(request: Request, error: SettingsError) -> JSONResponse:
        log.error("request %s: %s", request.state.request_id, error)
        return answer(request, ProblemError(503, str(error), {"Retry-After": "60"}))

    @app.exception_handler(AdsError)
    async def _failed(request: Request, error: AdsError) -> JSONResponse:
        log.error("request %s: %s", request.state.request_id, error)
        if isinstance(error, TransientError | LandingError):
            return answer(request, ProblemError(503, str(error), {"Retry-After": "10"}))
        return answer(request, ProblemError(500, "internal error: the log of the service has the details under this request id"))

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        return answer(request, ProblemError(500, "internal error: the log of the service has the details under this request id"))
