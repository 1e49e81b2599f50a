"""Where the cause of an engine's error stands: in which line of a source's file, or of a drop."""

import re
from collections.abc import Callable
from typing import Any

from ads_pipeline.errors import EngineError
from ads_pipeline.warehouse.error_codes import OF_CONTENT

WORDS = 6
"""Words behind the place of a syntax error that are looked for, at most."""


def line_of(error: str, source: str) -> int | None:
    """The line that an engine's error is about; None if it does not say.

    Args:
        error: quotes what is unknown, or the text from where the syntax is wrong.
        source: the text of the file.
    """
    if found := re.search(r"Syntax error.*?\(line \d+, col \d+\): (.*)", error, re.DOTALL):
        words = found[1].split()[:WORDS]
        for count in range(len(words), 0, -1):
            pattern = r"\s+".join(map(re.escape, words[:count]))
            if place := re.search(rf"(?<!\w){pattern}", source):
                return _line(source, place.start())
    for name in re.findall(r"[`'\"](\w+)[`'\"]", error):
        if place := re.search(rf"\b{name}\b", _without_comments(source)):
            return _line(source, place.start())
    return None


def failing_line(judge: Callable[[int, int], None], last: int) -> int:
    """The number of a line that fails when it is judged alone, by halves; 0 if there is none.

    Args:
        judge: takes lines from one number to another, and fails if one of them does.
        last: the highest number of a line.
    """

    def fails(first: int, last: int) -> bool:
        try:
            judge(first, last)
        except EngineError as error:
            if error.code not in OF_CONTENT:
                raise
            return True
        return False

    low, high = 1, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(low, middle) else (middle + 1, high)
    return low if last and fails(low, low) else 0


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _without_comments(text: str) -> str:
    """The same text, spaces in place of comments."""
    return re.sub(r"--[^\n]*", lambda found: " " * len(found[0]), text)


def of_changed_lines(source: str, drop: str, row: dict[str, Any]) -> str:
    """What is said of a drop whose number of lines its source changes: those given, staged, and staged more than once."""
    given, staged, repeated = (int(row[name]) for name in ("given", "staged", "repeated"))
    return (
        f"sources/{source}.sql makes {staged:,} lines of {given:,}{f', {repeated:,} of them repeated' if repeated else ''}: "
        "its SELECT must pass on every line once. Take WHERE, LIMIT, DISTINCT, JOIN and ARRAY JOIN out of it "
        f"(a line of several events, or of none, yields `events`, an array), then `ads drops retry {drop}`"
    )
