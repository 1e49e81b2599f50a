"""Drops whose lines have one form: they are cut at their commas, which takes half as long as reading their JSON (`ingest/uniform`).

A drop's first lines tell. What they say decides how fast it is loaded, and nothing else: lines of another form are read as JSON, or judged
by the contract.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ads_pipeline.contract import CONTRACT_FIELDS, FIELDS
from ads_pipeline.contract.patterns import pattern_of
from ads_pipeline.landing import Format, first_bytes
from ads_pipeline.warehouse.statements import NOTHING, Part, Sql

LEAST = 1 << 20
"""Size of a drop, in bytes as stored, from which its lines are looked at."""

HEAD = 256 << 10
"""Bytes that are looked at."""

FEW = 20
"""Lines whose forms are compared: the one that most of them have is that of the drop, if its lines have one."""

COMPARED = 200
"""Lines of the head, spread over it, that are compared with that form."""

MOST = 0.95
"""The part of these that have the form: each other line takes longer than if none were cut."""

SHORT = 512
"""Bytes of a line up to which it is short."""

MANY = 10_000
"""Lines that were cut in vain from which they are read as JSON, before the contract judges what is left: it takes longest."""

_REQUIRED = {field.name for field in FIELDS if field.kind.required}
_PATTERNS = {field.name: pattern_of(field.kind) for field in FIELDS}


@dataclass(frozen=True, slots=True)
class LineForm:
    """The form of a line: a JSON object of fields of the contract.

    Args:
        fields: the names of its fields in their order; attributes can only be the last.
        is_spaced: whether a blank stands behind each comma and colon.
        has_commas: whether texts may have commas too. If they have none, a line is cut at each comma alone, which is quicker.
        is_short: whether lines have `SHORT` bytes or less, on average; the form is the same if they do not.
    """

    fields: tuple[str, ...]
    is_spaced: bool
    has_commas: bool = True
    is_short: bool = field(default=False, compare=False)

    @property
    def comma(self) -> str:
        """What stands before a key but the first, with its quote."""
        return ', "' if self.is_spaced else ',"'

    @property
    def colon(self) -> str:
        """What stands behind a key, with its quote."""
        return '": ' if self.is_spaced else '":'

    @property
    def cut(self) -> str:
        """What lines are cut at."""
        return self.comma if self.has_commas else ","

    @property
    def parts(self) -> dict[str, Part]:
        """Those of `ingest/uniform`."""
        places: dict[str, Part] = {name: self.fields.index(name) + 1 if name in self.fields else 0 for name in CONTRACT_FIELDS}
        members, opening = len(self.fields), self.comma.removeprefix(self.cut)
        openings = ["", '{"', *[opening] * (members - 1)]
        return places | {
            "members": members,
            "comma": Sql(self.cut),
            "colon": Sql(self.colon),
            "openings": tuple(Sql(text.replace("{", "[{]")) for text in openings),
            "closings": (*[NOTHING] * members, Sql("[}]")),
            "lead": tuple(len(text + self.colon) for text in openings),
            "trail": (*[0] * members, len("}")),
        }

    @property
    def pattern(self) -> re.Pattern[str]:
        """A regular expression of its lines."""
        return re.compile(r"\{\"" + self.comma.join(f"{name}{self.colon}{_PATTERNS[name]}" for name in self.fields) + r"\}")


def form_of_file(path: Path, form: Format) -> LineForm | None:
    """See `form_of_lines`. None for a damaged file too: whoever reads it reports that."""
    return form_of_lines(first_bytes(path, form, HEAD))


def form_of_lines(head: bytes) -> LineForm | None:
    """The form of most lines of a drop's head, whose last line may be cut off; None if they have several, or none that can be cut."""
    lines = [line for line in head.decode("latin-1").split("\n")[:-1] if line]
    ((form, _),) = Counter(map(_form_of_line, lines[:FEW])).most_common(1) or [(None, 0)]
    if form is None:
        return None
    pattern, compared = form.pattern, lines[:: math.ceil(len(lines) / COMPARED)]
    alike = [line for line in compared if pattern.fullmatch(line)]
    if len(alike) < MOST * len(compared):
        return None
    cut_alike = sum(_is_cut_at_commas(line, form) for line in alike)
    return replace(
        form,
        has_commas=form.is_spaced or cut_alike < MOST * len(compared),
        is_short=sum(map(len, lines)) <= SHORT * len(lines),
    )


def _is_cut_at_commas(line: str, form: LineForm) -> bool:
    """Whether no comma stands in a text of a line of a form, but for its attributes, which are the last."""
    pieces = line[1:].split(",", len(form.fields) - 1)
    return all(piece.startswith(f'"{name}":') for name, piece in zip(form.fields, pieces, strict=True))


def common_form(forms: Iterable[LineForm | None]) -> LineForm | None:
    """The form that all have; None if they differ."""
    different = set(forms)
    return different.pop() if len(different) == 1 else None


def _form_of_line(line: str) -> LineForm | None:
    try:
        pairs = json.loads(line, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    names = tuple(name for name, _ in pairs) if isinstance(pairs, tuple) else ()
    if len(set(names)) < len(names) or not _REQUIRED <= set(names) <= set(CONTRACT_FIELDS) or "attributes" in names[:-1]:
        return None
    return LineForm(names, is_spaced=line.startswith(f'{{"{names[0]}": '))
