"""Which column of a file is which field of the contract, and how its values are read. What was not decided is said as `todo`."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ads_pipeline.contract import DEVICES
from ads_pipeline.pipeline.drafts.columns import given_texts, is_unique, name_of, named, plain_name, texts_of
from ads_pipeline.pipeline.drafts.heads import PLACE, Column, Head
from ads_pipeline.pipeline.drafts.names import (
    CHANGING,
    COUNTS,
    DEVICE_WORDS,
    EVENT_WORDS,
    ID_FORM,
    NO_EVENT,
    NO_IDS,
    SHARED_IDS,
    SUMS,
    TIMES,
    TYPE_HINTS,
)
from ads_pipeline.settings import EVENT_TYPES


@dataclass(frozen=True, slots=True)
class Guess:
    """How a field is made.

    Args:
        reading: the part of sources that reads it (`local_time`, `money`), or how the template does (`as_is`, `constant`, `words`, …).
        columns: those that it is made of.
        words: texts that the reading maps, by what they become.
        todo: what a person has to decide.
        form: what the values are, in words, where there are several forms.
    """

    field: str
    reading: str
    columns: tuple[Column, ...] = ()
    words: Mapping[str, Sequence[str]] | None = None
    todo: str = ""
    form: str = ""


def guess(head: Head, types: Sequence[str] = EVENT_TYPES) -> list[Guess]:
    """How each field is made, in the order of the contract; optional fields without a column are left out.

    Args:
        types: the event types that are accepted.
    """
    time, kind = _event_time(head), _event_type(head, types)
    if counts_in(head):
        time = replace(time, reading=f"{time.reading}_at_noon") if _are_days(head, time) else time
        kind = Guess("event_type", "of_counts")
    identity = _event_id(head, time, kind)
    taken = {*time.columns, *kind.columns, *(identity.columns if identity.reading == "as_is" else ())}
    found = [one for one in (identity, time, kind) if one.reading != "of_counts"]
    for field, look in _OTHERS.items():
        guessed = look(head, field, taken)
        if guessed:
            found.append(guessed)
            taken |= set(guessed.columns)
    return found


def _are_days(head: Head, time: Guess) -> bool:
    """Whether a column of local times holds days alone: those of a report are taken at noon, which is the same day in most time zones."""
    return time.reading.endswith("_time") and not any(":" in text for column in time.columns for text in texts_of(head, column))


def parts_thousands_by_points(head: Head) -> bool:
    """Whether the counts of a report are written as `10.204`: decimals stand behind a comma then."""
    texts = {text for column in counts_in(head) if column for text in texts_of(head, column)}
    return any(re.fullmatch(r"-?\d{1,3}(\.\d{3})+", text) for text in texts) and not any("," in text for text in texts)


def counts_in(head: Head) -> list[Column | None]:
    """The columns of a report that count impressions, clicks and conversions; empty if its rows are events."""
    by_name = {plain_name(column): column for column in reversed(head.columns)}
    counts = [next((by_name[name] for name in names if name in by_name), None) for names in COUNTS.values()]
    return counts if any(counts[:2]) and _event_type(head).reading != "words" else []


def _or_clean(head: Head, column: Column, reading: str = "as_is") -> str:
    """The reading; where that leaves texts that stand for nothing, they are cleaned."""
    return "clean" if reading == "as_is" and len(given_texts(head, column)) < len(head.values(column)) else reading


def _time_kind(head: Head, column: Column) -> str:
    """The kind of time that most values of a column have; empty if that is none."""
    texts = texts_of(head, column)
    kinds = [next((kind for kind, (form, *_) in TIMES.items() if form.fullmatch(text)), "") for text in texts]
    return "eu" if "eu" in kinds else max(set(kinds), key=kinds.count) if kinds else ""


ONLY_A_DAY = "only a day is given"


def _event_time(head: Head) -> Guess:
    called = named(head, "event_time")
    exact = [column for column in [*called, *head.columns] if _time_kind(head, column) not in ("", "date", "compact")]
    days = [column for column in [*called, *head.columns] if _time_kind(head, column) in ("date", "compact")]
    if not exact and not days:
        if not called:
            return Guess("event_time", "missing", todo="no column holds times: lines are refused as missing:event_time until this is set")
        return Guess("event_time", "as_is", (called[0],), todo="these times have an unknown form: write them as RFC 3339 with an offset")
    column = [*exact, *days][0]
    kind = _time_kind(head, column)
    todo = ""
    if kind in ("date", "compact"):
        todo = f"{ONLY_A_DAY}: its first moment in UTC, or noon of a report; another zone is named by `-- time zone: Europe/Berlin` above"
    elif TIMES[kind][2].endswith("_time") and kind not in ("utc", "offset", "log") and not re.search(r"\butc\b", name_of(column).lower()):
        todo = "these times have no offset: UTC is assumed; another zone is named by `-- time zone: Europe/Berlin` above"
    if kind == "us":
        todo += "; the month is taken to stand first: eu_time reads them with the day first"
    if column not in called:
        todo = f"{todo}; " * bool(todo) + "chosen for its values, not for its name"
    return Guess("event_time", TIMES[kind][2], (column,), None, todo, TIMES[kind][1])


def _event_type(head: Head, types: Sequence[str] = EVENT_TYPES) -> Guess:
    called = named(head, "event_type")
    for column in [*called, *(column for column in head.columns if column not in called and not _tells_otherwise(column))]:
        known = {text.lower(): kind for text in texts_of(head, column) if (kind := _event_word(text, types))}
        is_event = plain_name(column) in ("event_type", "event_name", "event") and len(set(texts_of(head, column))) > 1
        if len(known) > 1 or (column in called and (known or is_event)):
            words = {kind: [kind, *sorted(text for text in known if known[text] == kind != text)] for kind in types}
            unknown = sorted({text.lower() for text in texts_of(head, column)} - known.keys())
            rest = f": {', '.join(unknown[:8])}" if unknown else ""
            todo = f"map what else it holds; until then these lines are refused as invalid:event_type{rest}" if unknown else ""
            if lacking := len(head.rows) - len(head.values(column)):
                todo += "; " * bool(todo) + f"{lacking} of the lines looked at have none, and are refused as missing:event_type"
            todo += "; lines that are no events are left out by `if(…, [map(…)], []) AS events`" * bool(todo)
            return Guess("event_type", "words", (column,), words, todo)
    names = " ".join(plain_name(column) for column in head.columns if plain_name(column) not in SUMS)
    kind = next((kind for kind in types if kind in head.file.name.lower()), "")
    kind = kind or next((kind for kind, hints in TYPE_HINTS.items() if kind in types and any(hint in names for hint in hints)), types[0])
    return Guess("event_type", "constant", words={kind: []}, todo=f"no column says what happened: {kind} is assumed for every line")


def _event_word(text: str, types: Sequence[str]) -> str:
    """What happened, by its name or by a text that exports write for it; empty if it is none."""
    word = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return word if word in types else next((kind for kind, words in EVENT_WORDS.items() if kind in types and word in words), "")


def _tells_otherwise(column: Column) -> bool:
    return any(word in plain_name(column) for word in NO_EVENT)


def _event_id(head: Head, time: Guess, kind: Guess) -> Guess:
    for column in named(head, "event_id", time.columns):
        apart = (*kind.columns, *(time.columns if plain_name(column) == "appsflyer_id" else ()))
        if (plain_name(column) not in SHARED_IDS or not apart) and is_unique(head, (column,)):
            return Guess("event_id", "as_is", (column,))
        if apart and is_unique(head, (column, *apart)):
            todo = f"several events may share {name_of(column)}: what tells them apart is written behind it"
            return Guess("event_id", "joined", (column, *apart), todo=todo)
    names = tuple(column for column in head.columns if counts_in(head) and _is_dimension(head, column))
    if names and is_unique(head, names):
        return Guess("event_id", "hash_of", names, todo="the day and the names of a line stand for it: the same report again corrects it")
    for column in head.columns:
        if not counts_in(head) and column not in (*time.columns, *kind.columns) and _holds_ids(head, column):
            return Guess("event_id", "as_is", (column,), todo="chosen for its values, not for its name: see that it does not repeat")
    return Guess("event_id", "hash", todo=HASH)


def _holds_ids(head: Head, column: Column) -> bool:
    """Whether a column that no field is known by holds ids of events: made ones, of which none stands twice among many."""
    name, texts = plain_name(column), texts_of(head, column)
    if len(texts) < MANY or not (PLACE.fullmatch(name) or name.endswith(("id", "guid", "key", "hash"))) or NO_IDS.search(name):
        return False
    return all(ID_FORM.fullmatch(text) for text in texts) and is_unique(head, (column,))


MANY = 20
"""Lines from which on it tells something that a value does not repeat."""


def _is_dimension(head: Head, column: Column) -> bool:
    """Whether a column of a report says what its sums are of: a day, a name, an id."""
    if plain_name(column).endswith(("id", "day", "date")):
        return True
    if plain_name(column).endswith(CHANGING):
        return False
    texts = given_texts(head, column)
    return bool(texts) and not any(re.fullmatch(r"[^\w.-]?-?[\d.,]+ ?[^\w.-]?", text) for text in texts)


HASH = (
    "no column is an id: a hash of the whole line stands for it. The same line again, in any file, is a duplicate and counts "
    "once, two events that are alike in every column too; a line that was changed is a new event, not a correction"
)


def _campaign(head: Head, field: str, taken: Collection[Column]) -> Guess:
    for column in named(head, field, taken):
        if values := head.values(column):
            if len(given_texts(head, column)) < len(values) or len(values) < len(head.rows):
                return Guess(field, "or_none", (column,), todo="some lines have none: (none) stands for it")
            return Guess(field, "as_is", (column,))
    return Guess(field, "constant", words={"unknown": []}, todo="no column names the campaign")


def _text(head: Head, field: str, taken: Collection[Column]) -> Guess | None:
    for column in named(head, field, taken):
        if head.values(column) and not any(isinstance(value, bool | float) for value in head.values(column)):
            return Guess(field, _or_clean(head, column), (column,))
    return None


def _country(head: Head, field: str, taken: Collection[Column]) -> Guess | None:
    for column in named(head, field, taken):
        texts = given_texts(head, column)
        if texts and all(re.fullmatch(r"[^\W\d_][^\W\d_ .,'&()-]*(?:[ -][^\d_]{1,40})?", text) for text in texts):
            are_codes = len(texts) == len(head.values(column)) and all(re.fullmatch(r"[A-Z]{2}", text) for text in texts)
            return Guess(field, "as_is" if are_codes and "UK" not in texts else "country", (column,))
    return None


def _device(head: Head, field: str, taken: Collection[Column]) -> Guess | None:
    for column in named(head, field, taken):
        texts = set(texts_of(head, column))
        if texts and texts <= set(DEVICES):
            return Guess(field, "as_is", (column,))
        if texts and texts <= set("12345678"):
            return Guess(field, "device_openrtb", (column,))
        if any(DEVICE_WORDS.search(text) for text in texts):
            return Guess(field, "device", (column,))
    return None


def _amount(head: Head, field: str, taken: Collection[Column]) -> Guess | None:
    for column in named(head, field, taken):
        texts = given_texts(head, column)
        if not texts:
            continue
        if odd := _of_odd_digits(head, field, column):
            return odd
        if all(re.fullmatch(r"-?\d{5,}|0", text) for text in texts) and any(text != "0" for text in texts):
            return Guess(field, "micros", (column,), todo="whole numbers so large are taken for millionths (micros)")
        if all(re.fullmatch(r"-?\d+(\.\d+)?", text) for text in texts):
            are_texts = any(isinstance(value, str) for value in head.values(column))
            # further down in a report there may be sums with thousands apart
            return Guess(field, "money" if counts_in(head) and are_texts else _or_clean(head, column), (column,))
        if all(re.fullmatch(r"\D{0,4}-?[\d.]*\d(,\d{1,2})?\D{0,4}", text) for text in texts) and any("," in text for text in texts):
            return Guess(field, "money_comma", (column,), todo="a decimal comma is assumed")
        if any(re.search(r"\d", text) for text in texts):
            return Guess(field, "money", (column,))
    return None


def _of_odd_digits(head: Head, field: str, column: Column) -> Guess | None:
    """Amounts that look plain and are not: micros, `1.234` beside counts with points between thousands, sums of doubles."""
    if plain_name(column).endswith("micros"):
        return Guess(field, "micros", (column,))
    if parts_thousands_by_points(head):
        return Guess(field, "money_comma", (column,), todo="a decimal comma is assumed, as counts have points between thousands")
    are_long = any(isinstance(value, float) and len(repr(value).strip("-0.").replace(".", "")) > LONGEST for value in head.values(column))
    if are_long or any(FINER.fullmatch(text) for text in texts_of(head, column)):
        return Guess(field, "nine_decimals", (column,), todo="numbers with more digits than amounts have are rounded to nine decimals")
    return None


LONGEST = 15
"""Digits of a double that an amount may have."""

FINER = re.compile(r"-?\d*\.\d{10,}|-?\d+(\.\d+)?[eE]-\d+")
"""What has more decimals than an amount may have."""

_OTHERS: dict[str, Callable[[Head, str, Collection[Column]], Guess | None]] = {
    "campaign_id": _campaign,
    "ad_id": _text,
    "publisher_id": _text,
    "user_id": _text,
    "country": _country,
    "device": _device,
    "cost": _amount,
    "revenue": _amount,
}
