"""Which rollups can be told from parts of their rows: the rollup of some rows merged with that of the others is the rollup of all.

That holds of a SELECT that looks at one row at a time, by functions that always give the same, and only adds up by groups. A SELECT is
taken for one only if each word of it is known here. Of any other, whole days are computed, each by itself.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from ads_pipeline.contract.columns import EVENT_COLUMNS
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.statements import Sql

DAY = "event_date"

COLUMNS = frozenset({*EVENT_COLUMNS.split(", "), "ids", DAY})

KEYWORDS = {"AS", "AND", "OR", "NOT", "BETWEEN", "LIKE", "ILIKE", "IS", "NULL", "CASE", "WHEN", "THEN", "ELSE", "END", "TRUE", "FALSE"}

FUNCTIONS = {
    "if", "multiIf", "coalesce", "ifNull", "nullIf", "isNull", "isNotNull", "and", "or", "not",
    "equals", "notEquals", "less", "lessOrEquals", "greater", "greaterOrEquals",
    "plus", "minus", "multiply", "intDiv", "modulo", "abs", "negate", "least", "greatest",
    "empty", "notEmpty", "length", "lower", "upper", "concat", "substring", "startsWith", "endsWith", "position", "has", "tuple",
    "toUInt8", "toUInt16", "toUInt32", "toUInt64", "toInt8", "toInt16", "toInt32", "toInt64", "toString", "toDecimal64", "toDecimal128",
    "toYear", "toMonth", "toDayOfMonth", "toHour", "toMinute", "toYYYYMM", "toStartOfHour", "toStartOfMonth",
}  # fmt: skip
"""Functions of one row whose result rests on nothing but their arguments."""

_AGGREGATE = re.compile(
    r"(?:sum|min|max|count|uniq|uniqExact|uniqCombined|uniqCombined64|uniqHLL12)(?:(?:If)?(?:Simple)?State|(?:Simple)?StateIf)"
)
"""Aggregates that do not ask in which order rows come."""

_WORDS = re.compile(
    r"""\s+ | --[^\n]* | (?P<text>'(?:[^'\\]|\\.|'')*') | (?P<number>\d+(?:\.\d+)?) | (?P<name>[A-Za-z_]\w*)
    | (?P<sign><=|>=|!=|<>|==|\|\||[(),\[\]=<>+\-*%])""",
    re.VERBOSE | re.ASCII,
)

_CLAUSES = frozenset(("SELECT", "FROM", "WHERE", "GROUP", "BY", "NOT", "IN"))

_SHAPE = re.compile(r"^SELECT (.+) FROM events (?:WHERE (.+) )?GROUP BY (.+)")

_CHOICE = re.compile(r"(?:NOT )?\bIN \( (?:'|\d+)(?: , (?:'|\d+))* \)")

_SUM = re.compile(r"SimpleAggregateFunction\(sum, (?P<unsigned>U?)(?:Int\d+|Decimal\(\d+, \d+\))\)")
_OTHER = re.compile(r"(?:SimpleAggregateFunction\((?:min|max), .+\)|AggregateFunction\(.+\))")


def is_mergeable(select: Sql) -> bool:
    """Whether the rollup of rows is that of some of them merged with that of the others. When in doubt, it is not."""
    try:
        words = list(_read(select.render()))
    except ValueError:
        return False
    text = " ".join(word.upper() if word.upper() in _CLAUSES else word for word in words)
    shape = _SHAPE.fullmatch(_CHOICE.sub("= '", text))
    if not shape:
        return False
    aliases = {after for word, after in pairwise(words) if word.upper() == "AS"}
    parts = ["(", *" , ".join(part for part in shape.groups() if part).split(" "), ","]
    return DAY not in aliases and all(_is_known(word, after, COLUMNS | aliases) for word, after in pairwise(parts))


def _read(text: str) -> Iterator[str]:
    """The words of a SELECT, `'` for any text, without comments.

    Raises:
        ValueError: it has characters that are not known here.
    """
    place = 0
    while place < len(text):
        found = _WORDS.match(text, place)
        if not found:
            raise ValueError(text[place])
        place = found.end()
        if found["text"]:
            yield "'"
        elif found.lastgroup:
            yield found[0]


def _is_known(word: str, after: str, known: frozenset[str]) -> bool:
    if not word[0].isalpha() and word[0] != "_":
        return not (word in "(," and after == "*")
    if after == "(":
        return word in FUNCTIONS or bool(_AGGREGATE.fullmatch(word)) or (word.upper() in KEYWORDS and word.upper() not in ("AS", "END"))
    return word in known or word.upper() in KEYWORDS


SUMS, SAME = ("sum", "unsigned sum"), "same"
"""Metrics that follow a change of rows by what it adds (one that has no negative numbers, unless it goes down), and others."""


def kinds_of(rollup: Rollup) -> dict[str, str] | None:
    """Of each metric, one of `SUMS`, or `SAME`.

    None: the rollup has a metric of another kind.
    """
    found = {}
    for metric in rollup.metrics:
        kind = rollup.types[metric]
        if total := _SUM.fullmatch(kind):
            found[metric] = SUMS[bool(total["unsigned"])]
        elif _OTHER.fullmatch(kind):
            found[metric] = SAME
        else:
            return None
    return found
