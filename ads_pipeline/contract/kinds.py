"""Kinds of fields. A kind states its bounds once, as data; what follows from them stands beside it.

Each kind says how pydantic validates a value (`annotation`), which ClickHouse type holds it (`column`), and the rule in words
(`rule`). A new kind is also told to the SQL (`tools/generate/templates/contract.sql.jinja`) and to the quick judge (`judging`).
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, StrictStr
from pydantic_core import CoreSchema
from typing_extensions import override

from ads_pipeline.contract.window import read_time

MAX_TEXT = 128
"""Characters of a text."""

MAX_ATTRIBUTES = 1000
"""Keys that the attributes of an event may have: what judging a line costs is bounded by it."""

DIGITS, DECIMALS = 9, 6
"""Digits of an amount before and after its point."""

_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f]*$"
_PLAIN_DECIMAL = re.compile(rf"[0-9]{{1,{DIGITS}}}(\.[0-9]{{1,{DECIMALS}}})?")
_UNIT = Decimal(1).scaleb(-DECIMALS)


class Kind(ABC):
    """What a field may hold. Each kind has `required`: whether the field must be there (and a text not empty)."""

    required: bool

    @property
    @abstractmethod
    def annotation(self) -> Any:
        """The type that pydantic validates."""

    @property
    @abstractmethod
    def column(self) -> str:
        """The ClickHouse type."""

    @property
    @abstractmethod
    def rule(self) -> str:
        """The rule in words, for the reference page."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """What pydantic asks of everything in an `Annotated`."""
        return handler.generate_schema(self.annotation)


@dataclass(frozen=True)
class Text(Kind):
    """A string; an integer is taken as its text.

    Attributes:
        few_values: many rows share a value, so the column keeps each value once.
        control_characters: whether the text may hold any.
    """

    required: bool = False
    few_values: bool = False
    control_characters: bool = True

    @property
    @override
    def annotation(self) -> Any:
        pattern = None if self.control_characters else _NO_CONTROLS
        bounds = Field(min_length=1 if self.required else None, max_length=MAX_TEXT, pattern=pattern)
        return Annotated[str, bounds, BeforeValidator(_text)]

    @property
    @override
    def column(self) -> str:
        return "LowCardinality(String)" if self.few_values else "String"

    @property
    @override
    def rule(self) -> str:
        length = f"1 to {MAX_TEXT} characters" if self.required else f"up to {MAX_TEXT} characters"
        return f"string, {length}{'' if self.control_characters else ', none of them control characters'}; or a JSON integer"


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few names."""

    names: tuple[str, ...]
    required: bool = False
    column = "LowCardinality(String)"

    @property
    @override
    def annotation(self) -> Any:
        return Literal[self.names if self.required else ("", *self.names)]

    @property
    @override
    def rule(self) -> str:
        return ", ".join(f"`{name}`" for name in self.names[:-1]) + f" or `{self.names[-1]}`"

    @property
    def pattern(self) -> str:
        """A regular expression of the values that are not empty."""
        return "|".join(self.names)


@dataclass(frozen=True)
class Code(Kind):
    """A code of a fixed form, or nothing.

    Attributes:
        pattern: its regular expression, alike for Python, Rust (pydantic) and RE2 (ClickHouse).
        words: the form in words.
    """

    pattern: str
    words: str
    required = False
    column = "LowCardinality(String)"

    @property
    @override
    def annotation(self) -> Any:
        return Annotated[str, Field(pattern=f"^({self.pattern})?$")]

    @property
    @override
    def rule(self) -> str:
        return self.words


@dataclass(frozen=True)
class Time(Kind):
    """An instant, to the millisecond."""

    required = True
    column = "DateTime64(3, 'UTC')"
    rule = "RFC 3339 time with an offset (`Z`, `+02:00`); kept to the millisecond, in UTC"

    @property
    @override
    def annotation(self) -> Any:
        return Annotated[datetime, BeforeValidator(read_time)]


@dataclass(frozen=True)
class Amount(Kind):
    """An amount of money: a number, or a string that holds a plain decimal."""

    required = False
    column = f"Decimal(18, {DECIMALS})"
    rule = f'number, 0 ≤ x < 10^{DIGITS}, at most {DECIMALS} decimals; or a string such as `"0.25"`'

    @property
    @override
    def annotation(self) -> Any:
        bounds = Field(ge=0, lt=10**DIGITS, decimal_places=DECIMALS)
        return Annotated[Decimal, bounds, BeforeValidator(_amount), AfterValidator(_to_unit)]


@dataclass(frozen=True)
class Attributes(Kind):
    """An object of strings."""

    required = False
    column = "Map(String, String)"
    rule = (
        f"object of at most {MAX_ATTRIBUTES:,} strings; keys that the contract does not name are kept here too, and count, other values "
        "as their JSON text"
    )

    @property
    @override
    def annotation(self) -> Any:
        return Annotated[dict[StrictStr, StrictStr], Field(max_length=MAX_ATTRIBUTES)]


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value
    raise ValueError("a string, or an integer that stands for its text")


def _amount(value: Any) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    if isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError("a number, or a string that holds a plain decimal such as 0.25")


def _to_unit(value: Decimal) -> Decimal:
    return value.quantize(_UNIT).copy_abs()
