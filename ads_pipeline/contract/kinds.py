"""Kinds of fields. A kind states its bounds once, as data; what follows from them stands beside it.

Each kind says how pydantic validates a value (`annotation`), which ClickHouse type holds it (`column`), and the rule in words
(`rule`). A new kind is also told to the SQL (`contract.sql.jinja`, `plain.sql.jinja`, `plain_records.sql.jinja` and `uniform.sql.jinja` in
`tools/generate/templates`), to `patterns` and to the quick judge (`judging`).
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

from ads_pipeline.contract.strict_json import InexactNumber
from ads_pipeline.contract.window import known_type, read_time
from ads_pipeline.settings import EVENT_TYPES

MAX_TEXT = 128
"""Characters of a text."""

MAX_ATTRIBUTES = 1000
"""Keys that the attributes of an event may have: what judging a line costs is bounded by it."""

DIGITS, DECIMALS = 9, 9
"""Digits of an amount before and after its point."""

EXACT_DIGITS = 15
"""Significant digits that a double keeps, whatever they are: a JSON number with more may be read as another number."""

MAX_COUNT = 10**12
"""Above it sums could leave 64 bits: a day would need 18 million rows of this size."""

_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f]*$"
_PLAIN_DECIMAL = re.compile(rf"-?[0-9]{{1,{DIGITS}}}(\.[0-9]{{1,{DECIMALS}}})?")
_PLAIN_INTEGER = re.compile(rf"[0-9]{{1,{len(str(MAX_COUNT))}}}")
_UNIT = Decimal(1).scaleb(-DECIMALS)


class Kind(ABC):
    """What a field may hold.

    Attributes:
        required: whether the field must be there (and a text not empty).
        default: the value of its column where it is absent; SQL knows that of the type, and a number.
    """

    required: bool
    default: int | None = None

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
    """One of a few names, or nothing."""

    names: tuple[str, ...]
    required = False
    column = "LowCardinality(String)"

    @property
    @override
    def annotation(self) -> Any:
        return Literal[("", *self.names)]

    @property
    @override
    def rule(self) -> str:
        return ", ".join(f"`{name}`" for name in self.names[:-1]) + f" or `{self.names[-1]}`"

    @property
    def pattern(self) -> str:
        """A regular expression of the values that are not empty."""
        return "|".join(self.names)


@dataclass(frozen=True)
class EventType(Kind):
    """One of the names that `ADS_EVENT_TYPES` has."""

    required = True
    column = "LowCardinality(String)"
    rule = f"one of `ADS_EVENT_TYPES`; by default {', '.join(f'`{name}`' for name in EVENT_TYPES[:-1])} or `{EVENT_TYPES[-1]}`"

    @property
    @override
    def annotation(self) -> Any:
        return Annotated[StrictStr, AfterValidator(known_type)]


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
    column = f"Decimal({DIGITS + DECIMALS}, {DECIMALS})"
    rule = (
        f"number, -10^{DIGITS} < x < 10^{DIGITS}, at most {DECIMALS} decimals; credits and refunds are negative. "
        f'A JSON number has at most {EXACT_DIGITS} significant digits; a string such as `"-0.25"` may have all {DIGITS + DECIMALS}'
    )

    @property
    @override
    def annotation(self) -> Any:
        bounds = Field(gt=-(10**DIGITS), lt=10**DIGITS, decimal_places=DECIMALS)
        return Annotated[Decimal, bounds, BeforeValidator(_amount), AfterValidator(_to_unit)]


@dataclass(frozen=True)
class Count(Kind):
    """How many things a row stands for: a whole number, or a string of its digits; one where it is absent."""

    required = False
    default = 1
    column = "UInt64"
    rule = f'whole number from 1 to 10^{len(str(MAX_COUNT)) - 1}; or a string such as `"12"`; 1 where it is absent'

    @property
    @override
    def annotation(self) -> Any:
        return Annotated[int, Field(ge=1, le=MAX_COUNT), BeforeValidator(_count)]


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
    if _is_exact(value):
        return Decimal(repr(value))
    if isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError(f"a number of at most {EXACT_DIGITS} digits, or a string that holds a plain decimal such as 0.25")


def _count(value: Any) -> int:
    if _is_exact(value) and value == int(value):
        return int(value)
    if isinstance(value, str) and _PLAIN_INTEGER.fullmatch(value):
        return int(value)
    raise ValueError("a whole number, or a string of its digits")


def _is_exact(value: Any) -> bool:
    """Whether a JSON number is surely the one that was written: a double keeps so many digits."""
    if isinstance(value, bool | InexactNumber) or not isinstance(value, int | float):
        return False
    return len(Decimal(repr(value)).normalize().as_tuple().digits) <= EXACT_DIGITS


def _to_unit(value: Decimal) -> Decimal:
    return value.quantize(_UNIT) + 0  # zero has no sign
