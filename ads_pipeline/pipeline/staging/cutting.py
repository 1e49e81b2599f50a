"""Cuts the text of JSON into a line for each record, piece by piece: no record is read, and none has to fit into memory."""

import numpy as np
from numpy.typing import NDArray

_QUOTE, _OPEN, _CLOSE, _COMMA, _LINE_END, _BACKSLASH = range(1, 7)
_CLASSES = np.zeros(256, np.uint8)
for _class, _signs in ((_QUOTE, b'"'), (_OPEN, b"[{"), (_CLOSE, b"]}"), (_COMMA, b","), (_LINE_END, b"\r\n"), (_BACKSLASH, b"\\")):
    _CLASSES[list(_signs)] = _class

_SPACE, _LINE, _BRACKET = ord(" "), ord("\n"), ord("[")

_IN_STRING = 0x1E
"""What a raw line end in a string becomes: another character that strings of JSON may not have, so that its record is refused as well."""


class NotFramedError(ValueError):
    """The records do not stand so: brackets or quotes do not match, or something else stands among arrays or objects."""


class Cutter:
    """Makes a line of each element of arrays, or of each object; what else there is stays, in a line that is no record.

    Args:
        array: whether the records are elements of an array, or of several.
        strict: whether nothing but white space and commas may stand outside.
    """

    def __init__(self, array: bool, strict: bool) -> None:
        self.array, self.strict = array, strict
        self.depth, self.in_string, self.is_escaped = 0, False, False

    def cut(self, piece: bytes) -> bytes:
        """The lines, as far as a piece has them.

        Raises:
            NotFramedError: see there.
        """
        text = np.frombuffer(piece, np.uint8).copy()
        places = np.flatnonzero(_CLASSES[text])
        if not places.size:
            if self.strict and not self.depth and piece.strip():
                raise NotFramedError
            self.is_escaped &= not piece
            return piece
        kinds = _CLASSES[text[places]]
        quotes = kinds == _QUOTE
        quotes &= ~self._escaped(places, kinds, text.size)
        in_string = np.bitwise_xor.accumulate(quotes) ^ self.in_string
        opens, closes, ends = ((kinds == kind) & ~in_string for kind in (_OPEN, _CLOSE, _LINE_END))
        depth = np.cumsum(opens.view(np.int8) - closes.view(np.int8), dtype=np.int32)
        depth += self.depth
        first, last = places[opens & (depth == 1)], places[closes & (depth == 0)]
        commas = (kinds == _COMMA) & ~in_string
        text[places[ends]] = text[places[commas & (depth == 0)]] = _SPACE
        if self.strict and _is_anything(text, first, last, is_outside=not self.depth):
            raise NotFramedError
        self.depth, self.in_string = int(depth[-1]), bool(in_string[-1])
        if depth.min() < 0 or (self.array and (text[first] != _BRACKET).any()):
            raise NotFramedError
        text[places[(kinds == _LINE_END) & in_string]] = _IN_STRING
        if not self.array:
            return np.insert(text, last + 1, _LINE).tobytes()
        text[first] = _SPACE
        text[last] = _LINE
        text[places[commas & (depth == 1)]] = _LINE
        return text.tobytes()

    def end(self) -> None:
        """Nothing comes any more.

        Raises:
            NotFramedError: a record or an array has no end.
        """
        if self.depth or self.in_string:
            raise NotFramedError

    def _escaped(self, places: NDArray[np.int64], kinds: NDArray[np.uint8], size: int) -> NDArray[np.bool_]:
        """Which of the places stand behind a backslash that escapes them."""
        slashes = places[kinds == _BACKSLASH]
        if not slashes.size and not self.is_escaped:
            return np.zeros(places.size, bool)
        escaped = [0] if self.is_escaped else []
        if self.is_escaped and slashes.size and slashes[0] == 0:
            slashes = slashes[1:]
        first = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)  # of each run of backslashes
        lengths = np.diff(first, append=slashes.size)
        behind = (slashes[first] + lengths)[lengths % 2 == 1]
        self.is_escaped = bool(behind.size and behind[-1] == size)
        found = np.zeros(size + 1, bool)
        found[behind] = found[escaped] = True
        return found[places]


def _is_anything(text: NDArray[np.uint8], first: NDArray[np.int64], last: NDArray[np.int64], *, is_outside: bool) -> bool:
    """Whether anything but white space stands outside of what begins at `first` and ends at `last`.

    Args:
        is_outside: whether the text begins outside.
    """
    begins = np.concatenate(([0], last + 1)) if is_outside else last + 1
    ends = first if len(first) == len(begins) else np.append(first, text.size)
    lengths = ends - begins
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return bool((text[np.repeat(begins, lengths) + within] > _SPACE).any())
