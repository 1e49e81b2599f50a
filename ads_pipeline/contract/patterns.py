"""Patterns of the JSON values of each kind, as most are written: regular expressions, alike for Python and RE2 (ClickHouse).

They are for lines that are compared rather than read (`sql/ingest/uniform.sql`). A kind has more values than match. A choice, a code or a
count that matches is valid; of the others, what a pattern cannot say, or says slowly (how long a text is), is checked beside it.
"""

from ads_pipeline.contract.kinds import (
    DECIMALS,
    DIGITS,
    MAX_COUNT,
    Amount,
    Attributes,
    Choice,
    Code,
    Count,
    EventType,
    Kind,
    Text,
    Time,
)

_LETTER = r"[ !#-\[\]-~]"  # ASCII that stands for itself in a JSON string
_PAIR = f'"{_LETTER}*": ?"{_LETTER}*"'
_DATE = r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3])(:[0-5][0-9]){2}([.][0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"


def pattern_of(kind: Kind) -> str:
    """The pattern of a kind's values, with their quotes; one that matches the whole value.

    Raises:
        TypeError: the kind is new, and has none yet.
    """
    match kind:
        case Text():
            pattern = f'"{_LETTER}{"+" if kind.required else "*"}"'
        case EventType():
            pattern = f'"{_LETTER}*"'
        case Choice() | Code():
            pattern = f'"({kind.pattern})?"'
        case Time():
            pattern = f'"{_DATE}T{_TIME}"'
        case Amount():
            pattern = f"-?(0|[1-9][0-9]{{0,{DIGITS - 1}}})([.][0-9]{{1,{DECIMALS}}})?"
        case Count():
            pattern = f"[1-9][0-9]{{0,{len(str(MAX_COUNT)) - 2}}}"  # below the limit, which has one digit more
        case Attributes():
            pattern = f"[{{]({_PAIR}(, ?{_PAIR})*)?[}}]"
        case _:
            raise TypeError(f"{type(kind).__name__} has no pattern: add it to ads_pipeline/contract/patterns.py")
    return pattern
