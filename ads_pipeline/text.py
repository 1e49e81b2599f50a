"""Text that comes from data, made fit to be shown: on a terminal, in a log, in JSON that people look at."""

import json
from collections.abc import Callable


def visible(text: str) -> str:
    r"""The text with every character that is not seen, or does something, as an escape sequence in its place.

    These are control characters, those that turn or hide text (bidi, zero width), separators other than the space, and
    what Unicode has not assigned. Written as `\x1b`, `\u202e`, they may be pasted into `$'…'` of a shell.
    """
    return _escaped(text, _as_shell)


def visible_json(text: str) -> str:
    """JSON with the same characters escaped as JSON does, and the same value; its own line ends stay."""
    return "\n".join(_escaped(line, lambda character: json.dumps(character)[1:-1]) for line in text.split("\n"))


def _escaped(text: str, escape: Callable[[str], str]) -> str:
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else escape(character) for character in text)


def _as_shell(character: str) -> str:
    code = ord(character)
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    return short or (f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")
