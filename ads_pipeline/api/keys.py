"""API keys as entries of `ADS_API_KEYS` or of the file that `ADS_API_KEYS_FILE` names: who holds one, what for, until when, how much.

An entry is `name:scope+scope:hash` and, with colons between them, what the key is bound to: `until=DAY`, `source=NAME`,
`only=COLUMN=VALUE` (values are percent-encoded), `events=N` and `bytes=N` a day. It does not reveal the key. In a file, entries stand
one a line, and lines that begin with `#` are comments.
"""

import fcntl
import hashlib
import os
import re
import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from ads_pipeline.days import parse_day, utc_now
from ads_pipeline.errors import SettingsError, UsageError
from ads_pipeline.pipeline.query import parse_conditions
from ads_pipeline.settings import Settings

SCOPES = ("write", "read-drops", "read-analytics")

_ENTRY = re.compile(r"([A-Za-z0-9_.-]{1,64}):([a-z+-]+):([0-9a-f]{64})((?::[a-z]+=[^:\s,]*)*)")
_BOUNDS = {
    "until": re.compile(r"\d{4}-\d\d-\d\d"),
    "source": re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}"),
    "only": re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL),
    "events": re.compile(r"[1-9]\d{0,17}"),
    "bytes": re.compile(r"[1-9]\d{0,17}"),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: the name and scopes of an API key, and what it is bound to; `open` without one.

    Args:
        until: the last day (UTC) on which the key is valid; None: for ever.
        source: the source that it writes to, and whose drops it reads; empty: `events`, and all.
        only: the values of dimensions to which its reads of rollups are bound.
        events: events a day that it may send; 0 is no limit.
        size: bytes a day, decompressed.
    """

    name: str
    scopes: frozenset[str]
    hash: str = ""
    until: date | None = None
    source: str = ""
    only: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    events: int = 0
    size: int = 0

    @property
    def has_expired(self) -> bool:
        """Whether its last day is over."""
        return self.until is not None and utc_now().date() > self.until


OPEN = Caller("open", frozenset(SCOPES))
"""Who sends no key, where none is needed."""


def make_key(name: str, scopes: tuple[str, ...], **bounds: str | tuple[str, ...]) -> tuple[str, str]:
    """A new key, and its entry, which does not reveal the key.

    Args:
        bounds: `until`, `source`, `only` (of `COLUMN=VALUE`), `events`, `bytes`; empty ones are none.

    Raises:
        SettingsError: the name or a bound is invalid.
    """
    key = secrets.token_urlsafe(32)
    texts = [(kind, text) for kind, given in bounds.items() for text in ([given] if isinstance(given, str) else given) if text]
    entry = f"{name}:{'+'.join(scopes)}:{digest_of(key)}" + "".join(f":{kind}={quote(text, safe='=')}" for kind, text in texts)
    if not _ENTRY.fullmatch(entry):
        raise SettingsError(f"invalid name {name!r} for a key: use up to 64 letters, digits, '_', '.' and '-'")
    parse_entry(entry)
    return key, entry


def digest_of(key: str) -> str:
    """What stands for a key in its entry."""
    return hashlib.sha256(key.encode()).hexdigest()  # a key has 256 random bits: no need for a slow hash


def parse_entry(entry: str) -> Caller:
    """The holder of a key.

    Raises:
        SettingsError: the entry is invalid; its hash is not shown.
    """
    found = _ENTRY.fullmatch(entry)
    scopes = frozenset(found[2].split("+")) if found else frozenset()
    if not found or not scopes <= set(SCOPES):
        raise SettingsError(f"is not name:scope+scope:hash (scopes: {', '.join(SCOPES)}); make one with `ads key`")
    bounds = defaultdict[str, list[str]](list)
    for part in found[4].split(":")[1:]:
        kind, _, text = part.partition("=")
        bounds[kind].append(unquote(text))
    caller = Caller(found[1], scopes, found[3], **_checked(found[1], bounds))
    return _sound(caller)


def _checked(name: str, bounds: dict[str, list[str]]) -> dict[str, Any]:
    for kind, texts in bounds.items():
        if kind not in _BOUNDS or not all(_BOUNDS[kind].fullmatch(text) for text in texts) or (kind != "only" and len(texts) > 1):
            raise SettingsError(f"has an invalid bound {kind}={' '.join(texts)!r} for {name!r}; make one with `ads key`")
    only = {column: tuple(values) for column, values in parse_conditions(bounds["only"]).items()}
    try:
        until = parse_day(bounds["until"][0]) if bounds["until"] else None
    except UsageError as error:
        raise SettingsError(f"has an invalid day for {name!r}: {error}") from None
    events, size = (int(bounds[kind][0]) if bounds[kind] else 0 for kind in ("events", "bytes"))
    source = "".join(bounds["source"])
    return {"until": until, "source": source, "only": only, "events": events, "size": size}


def _sound(caller: Caller) -> Caller:
    """Refuse bounds that another scope of the same key would go round."""
    if caller.only and "read-drops" in caller.scopes:
        raise SettingsError(f"binds {caller.name!r} to values of a dimension and lets it read drops, which hold all events: leave one out")
    if caller.source and "read-analytics" in caller.scopes and not caller.only:
        raise SettingsError(
            f"binds {caller.name!r} to a source and lets it read rollups, which hold all: bind it to values of a dimension too (--only)"
        )
    return caller


def entries_of(text: str) -> list[str]:
    """The entries of a text: on lines, or with spaces or commas between them; lines that begin with `#` are left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return " ".join(lines).replace(",", " ").split()


def read_keys(settings: Settings) -> tuple[Caller, ...]:
    """The keys of the settings, and of the file that they name.

    Raises:
        SettingsError: an entry is invalid, or the file cannot be read.
    """
    return fixed_keys(settings) + read_file(settings.api_keys_file)


def fixed_keys(settings: Settings) -> tuple[Caller, ...]:
    """The keys of the settings alone, which do not change while a service runs.

    Raises:
        SettingsError: an entry is invalid.
    """
    return _parsed("ADS_API_KEYS", settings.api_keys.get_secret_value())


def read_file(path: Path | None) -> tuple[Caller, ...]:
    """The keys of a file; none if there is no file to be read.

    Raises:
        SettingsError: an entry is invalid, or the file cannot be read.
    """
    if path is None:
        return ()
    try:
        return _parsed("ADS_API_KEYS_FILE", path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"ADS_API_KEYS_FILE is {str(path)!r}, which cannot be read ({reason})") from None


def _parsed(where: str, text: str) -> tuple[Caller, ...]:
    callers = []
    for number, entry in enumerate(entries_of(text), 1):
        try:
            callers.append(parse_entry(entry))
        except SettingsError as error:
            raise SettingsError(f"{where}: entry {number} {error}") from None
    return tuple(callers)


def add_entry(path: Path, entry: str) -> None:
    """Append an entry to a file of keys; the file is made, for its owner alone, if there is none."""
    with _opened(path) as handle:
        size = os.fstat(handle).st_size
        begin = b"" if size == 0 or os.pread(handle, 1, size - 1) == b"\n" else b"\n"
        os.pwrite(handle, begin + entry.encode() + b"\n", size)
        os.fsync(handle)


def revoke(path: Path, name: str) -> int:
    """Take the keys of a name out of a file; returns how many.

    The file keeps its length and its inode (a container may have it mounted): the entry's line becomes a comment in one write.
    """
    with _opened(path) as handle:
        text = os.pread(handle, os.fstat(handle).st_size, 0).decode()
        count = 0
        lines = text.splitlines(keepends=True)
        for place, line in enumerate(lines):
            kept = [entry for entry in entries_of(line) if not entry.startswith(f"{name}:")]
            count += (gone := len(entries_of(line)) - len(kept))
            if gone:
                said = " ".join(kept) or f"# {name} was revoked on {utc_now():%Y-%m-%d}"
                lines[place] = said.ljust(len(line.rstrip("\n"))) + "\n" * line.endswith("\n")
        if count:
            os.pwrite(handle, "".join(lines).encode(), 0)
            os.fsync(handle)
        return count


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A file of keys, locked."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
