"""What seems to be the cause where all lines of a drop are refused alike, by one of them: delimiter, header, encoding, source, setting."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ads_pipeline.pipeline.drafts.texts import DELIMITERS, USUAL, VALUES
from ads_pipeline.pipeline.source_heads import TextFormat
from ads_pipeline.text import visible


@dataclass(frozen=True, slots=True)
class Refused:
    """A drop of which all lines are refused alike.

    Args:
        reasons: those that nearly all records have.
        line: one of the lines, as it was read; empty if it is too long to be looked at.
        form: the name of the drop's format.
        text: how its text was read.
        select: the source's SQL.
        is_own: whether the source is the user's, and not one that is shipped.
    """

    reasons: Sequence[str]
    line: str
    form: str
    text: TextFormat
    source: str
    select: str
    is_own: bool

    @property
    def value(self) -> Any:
        """The line as JSON; None if it is none."""
        try:
            return json.loads(self.line)
        except (ValueError, RecursionError):
            return None

    @property
    def cells(self) -> list[str]:
        """Of a CSV the names of its columns or, where the line has more cells than these, its cells."""
        value = self.value if self.form in USUAL else None
        return [str(cell) for cell in value] if isinstance(value, dict | list) else []

    @property
    def delimiter(self) -> str:
        """That by which the cells of a CSV were parted."""
        return self.text.delimiter or USUAL[self.form]


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause, and what to do about it, in one sentence.

    Args:
        then: what judges the lines again after that: `replay` of those in quarantine, `reload` where they were not read as they stand,
            or nothing, where the file has to land otherwise.
    """

    text: str
    then: Literal["replay", "reload", ""] = ""


def cause_of(refused: Refused) -> Cause:
    """The likeliest cause."""
    for look in (_encoding, _delimiter, _header):
        if found := look(refused):
            return Cause(found, "reload" if refused.is_own else "")
    if found := _json(refused):
        return Cause(found)
    if refused.reasons[0] in _SETTINGS:
        return Cause(_SETTINGS[refused.reasons[0]], "replay")
    found = next(filter(None, (look(refused) for look in (_list, _foreign, _columns, _values))), _SOURCE)
    return Cause(found, "replay" if refused.is_own else "")


def _told(refused: Refused, what: str, options: str) -> str:
    """What seems to be so of a drop's text, and how its source says it."""
    if refused.is_own:
        return f"{what}: write `-- format: {options}` at the top of sources/{refused.source}.sql"
    return f"{what}: such files need a source with `-- format: {options}`; `ads source new NAME --from FILE` drafts one"


def _encoding(refused: Refused) -> str:
    if refused.form not in (*USUAL, "ndjson"):
        return ""
    text = refused.line.replace("\\u0000", "\0")
    if text.count("\0") > len(text) / 5:
        first = (refused.cells or [text])[0]
        encoding = "utf-16" if "\ufffd" in first else "utf-16-be" if first.startswith("\0") else "utf-16-le"
        return _told(refused, "its text seems to be UTF-16", f'encoding = "{encoding}"')
    if "\ufffd" in text and refused.reasons[0] == "not_json":
        return _told(refused, "its text is not UTF-8", 'encoding = "cp1252"')
    return ""


def _delimiter(refused: Refused) -> str:
    """Another delimiter that stands in the cells as often as there are cells."""
    cells = refused.cells
    others = {other: sum(cell.count(other) for cell in cells) for other in DELIMITERS if cells and other != refused.delimiter}
    best = max(others, key=lambda other: others[other], default="")
    if not best or others[best] < len(cells):
        return ""
    return _told(refused, f"its cells seem to be parted by {_shown(best)}", f"delimiter = {_shown(best)}")


def _header(refused: Refused) -> str:
    value = refused.value
    if refused.form not in USUAL or refused.text.columns:
        return ""
    if isinstance(value, list):
        what = f"its lines have more cells ({len(value)}) than the line taken for its header, above which a title may stand"
        return _told(refused, what, 'header_with = ["…"]')
    found = next((name for name in value or () if any(form.fullmatch(name) for form in VALUES.values())), "")
    if not found or not refused.text.header:
        return ""
    return _told(refused, f"its first line seems to hold values, such as {_shown(found)}, and no names", 'columns = ["…", "…"]')


def _json(refused: Refused) -> str:
    if refused.form != "ndjson" or not refused.line:
        return ""
    if refused.reasons[0] == "not_object":
        return _NO_OBJECTS.get(type(refused.value), "each line is a single value of JSON, and no object: let its producer write objects")
    return _no_json(refused) if refused.reasons[0] == "not_json" else ""


def _no_json(refused: Refused) -> str:
    if re.match(r"\{\s*(?:u?'|[A-Za-z_])", refused.line):
        return "its lines are objects, but no JSON, as names and texts have to stand in double quotes: let its producer write JSON"
    if not refused.line.lstrip().startswith(("{", "[")):
        kind = next((f" parted by {_shown(sign)}" for sign in DELIMITERS if refused.line.count(sign) > 1), "")
        return f"its lines are text{kind}, and no JSON: land it under a name that ends in .csv or .tsv"
    if found := re.search(r"[:,\[]\s*(-?(?:NaN|Infinity))\b", refused.line):
        return f"its lines have {found[1]}, which is no JSON: let its producer write null, or a text"
    return ""


_NO_OBJECTS: Mapping[type, str] = {
    str: "each line is a JSON text, which may hold an object that was written twice as JSON: let its producer write the object itself",
    list: "each line is an array of values without names: let its producer write objects, or land it as CSV",
}


def _list(refused: Refused) -> str:
    """Records that stand in a list, within one line."""
    value = refused.value
    if not isinstance(value, dict) or not refused.reasons[0].startswith("missing:"):
        return ""
    lists = (
        name for name, part in value.items() if isinstance(part, list) and len(part) > 1 and all(isinstance(one, dict) for one in part)
    )
    if not (name := next(lists, "")):
        return ""
    return f"each line holds a list of objects, {_shown(name)}: a source yields an event for each of them as `events`, see docs/sources.md"


def _foreign(refused: Refused) -> str:
    """A file of other columns, landed for the source `events`."""
    value = refused.value
    if not isinstance(value, dict) or not re.search(r"fields AS event\b", refused.select) or not refused.reasons[0].startswith("missing:"):
        return ""
    columns = _named(list(value))
    return f"it has the columns {columns}, and source {refused.source} takes those of the contract as they are: {_OWN_SOURCE}"


_OWN_SOURCE = "`ads source new NAME --from FILE` drafts a source for such files; land them under NAME/"


_SETTINGS = {
    "expired": "these days are past retention: a larger `ADS_RETENTION_DAYS` keeps them, 0 keeps all",
    "future": "its times are ahead of the engine's clock: see the unit of epoch times, and `-- time zone:` of local ones",
}


def _columns(refused: Refused) -> str:
    """Columns that the source asks for and the line lacks."""
    value = refused.value
    if not isinstance(value, dict) or not refused.reasons[0].startswith("missing:"):
        return ""
    asked = dict.fromkeys(re.findall(r"fields\['((?:[^'\\]|\\.)+)'\]", refused.select))
    lacked = [name for name in asked if name not in value]
    plain = {_plain(name): name for name in value}
    renamed = next((f"{_shown(plain[_plain(name)])} for {_shown(name)}" for name in lacked if _plain(name) in plain), "")
    if renamed:
        return f"names of its columns are written in another way, such as {renamed}: {_fix(refused)}"
    if len(lacked) > len(asked) / 2:
        asks = f"source {refused.source} asks for {_named(lacked)}, which it lacks"
        return f"{asks}; its columns are {_named(list(value))}: {_fix(refused)}"
    return ""


def _fix(refused: Refused) -> str:
    return f"fix sources/{refused.source}.sql" if refused.is_own else _OWN_SOURCE


def _values(refused: Refused) -> str:
    kind, _, field = refused.reasons[0].partition(":")
    if kind != "invalid" or field not in _PARTS:
        return ""
    value = refused.value
    given = value.get(field) if isinstance(value, dict) else None
    shown = f", such as {_shown(given)}" if isinstance(given, str | int | float) else ""
    return f"values of {field}{shown}: {_PARTS[field]}"


_PARTS = {
    "event_time": "times have to be RFC 3339 with an offset; the parts local_time, us_time, eu_time, epoch_seconds and others make them so",
    "event_type": "a source maps its words to event types, or `ADS_EVENT_TYPES` names them",
    "country": "two letters; the part country reads names and other codes",
    "device": "desktop, mobile, tablet, ctv or other; the part device reads other words",
    "quantity": "a whole number from 1; the part whole_number reads those of reports",
    "cost": "a plain number of at most nine decimals; the parts money, money_comma, nine_decimals, micros and clean read others",
    "revenue": "a plain number of at most nine decimals; the parts money, money_comma, nine_decimals, micros and clean read others",
    "event_id": "text of 1 to 128 characters; the parts as_token, as_text and hash_id make ids",
}
"""What a field has to be, and the parts of sources that make it so."""

_SOURCE = "its source yields what the contract refuses: `ads source preview SOURCE FILE` shows each line beside its event"


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _named(names: Sequence[str]) -> str:
    return ", ".join(map(_shown, names[:5])) + (", …" if len(names) > 5 else "")


def _shown(value: object) -> str:
    """A name or value in double quotes, cut, without what is not seen."""
    text = visible(str(value)) if value != "\x01" else "\\u0001"
    return f'"{text if len(text) <= 40 else text[:39] + "…"}"'
