"""Parts of sources: expressions that any source may call by name, one SQL file each in `sql/parts/` or `ADS_SQL_DIR/parts/`.

A call is replaced by the part's expression when the source is read: nothing is made on a server, and what the engine runs is one
SELECT. The value of a call is written once (`arrayMap` binds it if an expression needs it more often); its other arguments are texts in
quotes. Lines of the source stay where they are.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from ads_pipeline.errors import DropError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.statements import Sql, collection

_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\"|\{\w+:\s*\w+\}|\w+|->|\s+|.", re.DOTALL
)
_FILE = re.compile(r"SELECT\s*\(\s*(?:\(?([\w, ]+?)\)?\s*->)?(.*)\)\s*AS\s+(\w+)", re.DOTALL)
_LITERAL = re.compile(r"'.*'|\{.*\}", re.DOTALL)
_ENDS = {",", "WITH", "SELECT"}

DEEPEST = 10
"""Parts within parts."""


class PartError(DropError):
    """A part that a source uses in a way in which it cannot be used; every drop of the source fails for it, and no other."""


class _CallError(Exception):
    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class SourcePart:
    """An expression that sources call by name.

    Args:
        parameters: the first is the value, each other takes a text in quotes; none for a constant.
        expression: without comments, on one line.
        heading: how it is called and what it gives, with examples.
    """

    name: str
    parameters: tuple[str, ...]
    expression: str
    heading: str

    @property
    def call(self) -> str:
        """How it is called, such as `money(value)`."""
        return self.heading.partition(":")[0]

    @property
    def examples(self) -> list[tuple[str, str]]:
        """Calls, and the text that each gives."""
        return re.findall(r"^example: (.*?) →(?: (.*))?$", self.heading, re.MULTILINE)


def part_files(settings: Settings) -> dict[str, Sql]:
    """Each part's file by name; those whose names begin with `_` are for other parts."""
    return collection("parts", settings.sql_dir)


@lru_cache(maxsize=256)
def part_of(name: str, sql: Sql) -> SourcePart:
    """The part that a file holds.

    Raises:
        PartError: it holds none.
    """
    tokens = [" " if token.isspace() or token.startswith(("--", "/*")) else token for token in _TOKEN.findall(sql.text)]
    found = _FILE.fullmatch("".join(tokens).strip())
    if not found or found[3] != name:
        raise PartError(f"sql/parts/{name}.sql holds no part: write `SELECT (value -> …) AS {name}`")
    parameters = tuple(word.strip() for word in (found[1] or "").split(",") if word.strip())
    return SourcePart(name, parameters, re.sub(r" +", " ", found[2]).strip(), sql.heading)


def with_parts(name: str, source: Sql, parts: Mapping[str, Sql]) -> Sql:
    """A source with the expressions of the parts that it calls.

    Args:
        name: of the source. A function that it defines itself is not taken for the part of that name.

    Raises:
        PartError: wrong arguments, with file and line.
    """
    tokens, line = [], 1
    for text in _TOKEN.findall(source.text):
        tokens.append(_Token(text, line))
        line += text.count("\n")
    callable_parts = {part: parts[part] for part in {token.text for token in tokens} & parts.keys() - _defined(tokens)}
    if not callable_parts:
        return source
    try:
        return Sql(_expanded(tokens, callable_parts, parts, 0), source.parts, source.name)
    except _CallError as error:
        raise PartError(f"sql/sources/{name}.sql, line {error.line}: {error}") from None


def _expanded(tokens: Sequence[_Token], known: Mapping[str, Sql], parts: Mapping[str, Sql], depth: int) -> str:
    """The text of tokens, with calls of the known parts replaced; within these all parts are known."""
    made, place = list[str](), 0
    while place < len(tokens):
        token, opening = tokens[place], place + 1
        while opening < len(tokens) and tokens[opening].text.isspace():
            opening += 1
        if token.text not in known or opening == len(tokens) or tokens[opening].text != "(":
            made.append(token.text)
            place += 1
            continue
        end = _closing(tokens, opening)
        arguments = [_expanded(argument, known, parts, depth) for argument in _split(tokens[opening + 1 : end])]
        made.append(_called(part_of(token.text, known[token.text]), token.line, arguments, parts, depth))
        made.append("\n" * (sum(one.text.count("\n") for one in tokens[place : end + 1]) - made[-1].count("\n")))
        place = end + 1
    return "".join(made)


def _called(part: SourcePart, line: int, arguments: Sequence[str], parts: Mapping[str, Sql], depth: int) -> str:
    """The expression of a part for some arguments."""
    _check(part, line, arguments)
    if depth == DEEPEST:
        raise _CallError(line, f"{part.name} is made of itself, or of more than {DEEPEST} parts within each other")
    tokens = [_Token(text, line) for text in _TOKEN.findall(part.expression)]
    texts = dict(zip(part.parameters[1:], arguments[1:], strict=True))
    value = part.parameters[0] if part.parameters else ""
    places = [place for place, token in enumerate(tokens) if token.text == value]
    if len(places) == 1 and not _is_in_lambda(tokens[: places[0]]):
        texts[value] = f"({arguments[0]})"
        value = ""
    body = _expanded([_Token(texts.get(token.text, token.text), line) for token in tokens], parts, parts, depth + 1)
    return f"arrayMap({value} -> {body}, [{arguments[0]}])[1]" if value else f"({body})"


def _check(part: SourcePart, line: int, arguments: Sequence[str]) -> None:
    wanted, given = len(part.parameters), len(arguments)
    if wanted != given:
        raise _CallError(line, f"{part.name} takes {wanted} argument{'s' * (wanted != 1)}, not {given}: {part.call}")
    for parameter, argument in zip(part.parameters[1:], arguments[1:], strict=True):
        text = argument.strip()
        if not _LITERAL.fullmatch(text):
            raise _CallError(line, f"{part.name}: {parameter} is a text in quotes, not {text!r}: {part.call}")
        if parameter == "zone" and text.startswith("'"):
            try:
                ZoneInfo(text.strip("'"))
            except (OSError, ValueError, LookupError):
                raise _CallError(line, f"{part.name}: unknown time zone {text}; write an IANA name, such as 'Europe/Berlin'") from None


def _closing(tokens: Sequence[_Token], opening: int) -> int:
    """The place of the bracket that closes the one at a place."""
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place].text in "([{") - (tokens[place].text in ")]}")
        if not depth:
            return place
    raise _CallError(tokens[opening].line, f"the bracket behind {tokens[opening - 1].text!r} is not closed")


def _split(tokens: Sequence[_Token]) -> Iterator[Sequence[_Token]]:
    """Arguments that stand between commas; none if there is nothing."""
    start = depth = 0
    for place, token in enumerate(tokens):
        depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and not depth:
            yield tokens[start:place]
            start = place + 1
    if start or any(not token.text.isspace() for token in tokens):
        yield tokens[start:]


def _is_in_lambda(before: Sequence[_Token]) -> bool:
    """Whether what follows some tokens stands in the body of a lambda that begins in them."""
    depth, bodies = 0, list[int]()
    for token in before:
        depth += (token.text in "([{") - (token.text in ")]}")
        while bodies and (depth < bodies[-1] or (token.text == "," and depth == bodies[-1])):
            bodies.pop()
        if token.text == "->":
            bodies.append(depth)
    return bool(bodies)


def _defined(tokens: Sequence[_Token]) -> set[str]:
    """The functions that a source defines itself: `(x -> …) AS name`, or the same without brackets."""
    seen = [token.text for token in tokens if not token.text.isspace() and not token.text.startswith(("--", "/*"))]
    return {seen[place + 1] for place, text in enumerate(seen[:-1]) if text.upper() == "AS" and _is_lambda(seen[:place])}


def _is_lambda(before: Sequence[str]) -> bool:
    """Whether the expression that some tokens end in is a lambda."""
    depth = 0
    for place in range(len(before) - 1, -1, -1):
        text = before[place]
        depth += (text in ")]}") - (text in "([{")
        if text == "->" and not depth:
            return True
        if depth < 0 or (not depth and text.upper() in _ENDS):
            return False
        if text == "(" and not depth and (not place or before[place - 1].upper() in _ENDS):
            return "->" in _outermost(before[place + 1 : -1])
    return False


def _outermost(texts: Sequence[str]) -> Iterator[str]:
    depth = 0
    for text in texts:
        depth += (text in "([{") - (text in ")]}")
        if not depth:
            yield text
