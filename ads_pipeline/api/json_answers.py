"""Answers that are JSON and of one caller: any cache has to ask again."""

from typing import Any

import msgspec
from fastapi import Response
from pydantic import BaseModel

_JSON = msgspec.json.Encoder(decimal_format="number")


def encoded(told: Any) -> bytes:
    """Dicts, lists and plain values as JSON; decimals are numbers of all their digits."""
    return _JSON.encode(told)


def json_answer(content: bytes | str) -> Response:
    """An answer of JSON that is written already."""
    return Response(content, 200, {"Cache-Control": "private, no-cache"}, "application/json")


def model_answer(told: BaseModel) -> Response:
    """A model as an answer."""
    return json_answer(told.model_dump_json())


def documented_object(description: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of an answer that is one object."""
    return {200: {"description": description, "content": {"application/json": {"schema": {"type": "object"}}}}}
