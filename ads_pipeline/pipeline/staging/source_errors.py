"""Where in a source's file the cause of an engine's error stands."""

import re

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


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _without_comments(text: str) -> str:
    """The same text, spaces in place of comments."""
    return re.sub(r"--[^\n]*", lambda found: " " * len(found[0]), text)
