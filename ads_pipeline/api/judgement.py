"""What the contract says of a body: at once where that is quick, and in pieces where it is not. No input or output here.

A body of plain events (see `contract.judging`) is judged within a few milliseconds. Anything else costs more than it looks: a few
compressed bytes may hold ten thousand lines that are each refused, or a line of a hundred thousand keys. `judge_at_once` leaves such
bodies alone, and the judging process (`judging_process`) calls `judge` for them.
"""

import hashlib
import time
from collections import Counter
from datetime import date, datetime

import msgspec

from ads_pipeline.api.forms import JSON, decompressed, form_of, lines_of, little_decompressed, settled, too_large
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.contract import Window
from ads_pipeline.contract.judging import are_plain, plain_lines, refusals

AT_ONCE = 1 << 19
"""Bytes, decompressed, up to which a body of plain events is judged at once: some three milliseconds."""

FEW = {b"{": 8, b"\n": 8, b",": 250}
"""How often these may stand in a body that is judged at once although its events are not plain: each may begin a key or an event."""

SMALL = 1 << 16
"""Compressed bytes up to which a body is decompressed at once."""

NAMED = 100
"""Refused events that an answer names: its size is bounded, as that of the request is."""

PIECE = 250
"""Lines that are judged between two looks at the time."""


class Work(msgspec.Struct, frozen=True):
    """A body to be judged, as it was sent, and by what.

    Args:
        seconds: processor time that it may take.
        prefix: what is digested before the body; nothing is when it is empty.
    """

    body: bytes
    encoding: str
    content_type: str
    first_day: date
    latest: datetime
    timezone: str
    event_types: tuple[str, ...]
    most_bytes: int
    most_events: int
    seconds: float
    prefix: str = ""

    @property
    def window(self) -> Window:
        """Which events are accepted."""
        return Window(self.first_day, self.latest, self.timezone, self.event_types)


class Rejected(msgspec.Struct, frozen=True):
    """An event that the contract rejects: its index in the array, or its line, from 0, and the reason codes."""

    index: int
    reasons: tuple[str, ...]


class Judgement(msgspec.Struct, frozen=True):
    """What there is in a body.

    Args:
        lines: all its events, also those that are refused, each ended by a line feed.
        size: its bytes, decompressed.
        refused: how many events are refused, by their first reason.
        named: the first `NAMED` of them.
        digest: of prefix and body, or empty.
    """

    lines: bytes
    events: int
    size: int
    refused: dict[str, int]
    named: list[Rejected]
    digest: str = ""


def judge_at_once(work: Work) -> Judgement | None:
    """The judgement, if it takes a few milliseconds at most; else None.

    Raises:
        ProblemError: 400, 413, 415.
    """
    form, body = form_of(work.content_type), work.body
    if work.encoding != "identity":
        found = little_decompressed(body, work.encoding, min(AT_ONCE, work.most_bytes)) if len(body) <= SMALL else None
        if found is None:
            return None
        body = found
    if len(body) > AT_ONCE:
        return None
    form = settled(form, body)
    if form == JSON:
        plain = plain_lines(body, work.window, work.most_events)
        if plain:
            return Judgement(*plain, len(body), {}, [], _digest(work, body))
    elif body.count(b"\n") < work.most_events:
        lines = lines_of(body, form, work.most_events)
        if lines and are_plain(lines, work.window):
            return Judgement(b"\n".join(lines) + b"\n", len(lines), len(body), {}, [], _digest(work, body))
    return _judged(work, form, body) if all(body.count(sign) <= most for sign, most in FEW.items()) else None


def judge(work: Work) -> Judgement:
    """The judgement, whatever the body.

    Raises:
        ProblemError: 400, 413, 415.
    """
    form, body = form_of(work.content_type), work.body
    if work.encoding != "identity":
        body = decompressed(body, work.encoding, work.most_bytes)
    if len(body) > work.most_bytes:
        raise too_large(work.most_bytes)
    form = settled(form, body)
    plain = plain_lines(body, work.window, work.most_events) if form == JSON else None
    return Judgement(*plain, len(body), {}, [], _digest(work, body)) if plain else _judged(work, form, body)


def _judged(work: Work, form: str, body: bytes) -> Judgement:
    window, started = work.window, time.thread_time()
    lines = lines_of(body, form, work.most_events)
    counts: Counter[str] = Counter()
    named: list[Rejected] = []
    for start in range(0, len(lines), PIECE):
        for place, reasons in refusals(lines[start : start + PIECE], window).items():
            counts[reasons[0]] += 1
            if len(named) < NAMED:
                named.append(Rejected(start + place, reasons))
        if time.thread_time() - started > work.seconds:
            raise ProblemError(413, f"the events take more than {work.seconds:g} seconds to judge: send fewer per request")
    events = sum(1 for line in lines if line.strip())
    return Judgement(b"\n".join(lines) + b"\n", events, len(body), dict(counts), named, _digest(work, body))


def _digest(work: Work, body: bytes) -> str:
    return hashlib.sha256(work.prefix.encode() + body).hexdigest() if work.prefix else ""
