"""Kinds of values of settings, as they are written: durations (`90m`), sizes (`256M`), names (`a,b`), time zones, addresses."""

import re
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _duration(value: Any) -> Any:
    if isinstance(value, str) and (found := re.fullmatch(r"(\d+)\s*([smhd])", value.strip())):
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    if isinstance(value, timedelta):
        return value
    raise ValueError("write a whole number and a unit, for example 90m, 24h or 2d")


def _size(value: Any) -> Any:
    if isinstance(value, int):
        return value
    if found := re.fullmatch(r"(\d+)\s*([KMG]?)(?:i?B)?", str(value).strip(), re.IGNORECASE):
        return int(found[1]) * _SIZES[found[2].upper()]
    raise ValueError("write a number of bytes, or with a unit, for example 256M or 1G")


def _enough(value: int) -> int:
    if 0 < value < 256 << 20:
        raise ValueError("too little for any drop; write 256M or more, or 0 for the default")
    return value


def _names(value: Any) -> Any:
    return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else value


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("unknown time zone; write a name of the tz database, for example UTC or Europe/Berlin") from None
    return value


def _few_names(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name):
            raise ValueError(f"{name!r} cannot be an event type: write up to 32 of a to z, 0 to 9 and _, a letter first")
        if value.count(name) > 1:
            raise ValueError(f"{name} stands twice: leave one of them")
    if not 1 <= len(value) <= 32:
        raise ValueError(f"{len(value)} event types: name 1 to 32 of them")
    return value


def _postable(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if text and not re.match(r"(slack\+)?https?://[^/\s]", text):
        raise ValueError("begin it with https://, http:// or slack+https://")
    return value


def _known_store(value: str) -> str:
    if "://" in value and urlsplit(value).scheme not in ("file", "s3", "gs", "az", "https", "http"):
        raise ValueError("unknown scheme; write a folder, or s3://, gs://, az:// or https://")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Size = Annotated[int, BeforeValidator(_size)]
Memory = Annotated[int, BeforeValidator(_size), AfterValidator(_enough)]
EventTypes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names), AfterValidator(_few_names)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Store = Annotated[str, AfterValidator(_known_store)]
Webhook = Annotated[SecretStr, AfterValidator(_postable)]
