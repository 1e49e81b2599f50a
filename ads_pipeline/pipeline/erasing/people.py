"""Who was erased: hashes of user ids in table `erased`, under a key that stands in `ADS_HOME` and in no table.

Only hashes and the key reach the engine, never an id: no statement, mutation or log of a server holds one.
"""

import hashlib
import hmac
import os
import re
import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ads_pipeline.durable import sync
from ads_pipeline.errors import SettingsError, UsageError
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.state import write_state
from ads_pipeline.warehouse.statements import Name, Sql, statement
from ads_pipeline.warehouse.warehouse import Warehouse

FACT = "erased_under"
"""The fact in table `state` which says that people were erased, and under which key."""

REASON = "erased"
"""Why lines of erased people are ignored."""

KEY_BYTES, BLOCK = 32, 64


@dataclass(frozen=True, slots=True)
class Key:
    """The secret under which ids are hashed (HMAC-SHA256)."""

    secret: bytes

    @property
    def mark(self) -> str:
        """Tells this key from others, and does not give it away."""
        return hashlib.sha256(b"ads_pipeline erasure key " + self.secret).hexdigest()[:16]

    def hash(self, user_id: str) -> str:
        """What stands for an id, in hexadecimal digits."""
        return hmac.new(self.secret, user_id.encode(), hashlib.sha256).hexdigest()

    @property
    def parameters(self) -> dict[str, str]:
        """Those of `erase/hashing`."""
        padded = self.secret.ljust(BLOCK, b"\0")
        return {"inner_key": bytes(byte ^ 0x36 for byte in padded).hex(), "outer_key": bytes(byte ^ 0x5C for byte in padded).hex()}


def key_file(settings: Settings) -> Path:
    """Where the key is."""
    return settings.home.absolute() / "erasure.key"


def known_key(settings: Settings, facts: Mapping[str, str]) -> Key | None:
    """The key under which people were erased from a database; None if nobody was.

    Args:
        facts: the table `state`.

    Raises:
        SettingsError: somebody was, and the key is not in this home: their lines could not be left out.
    """
    if not (mark := facts.get(FACT)):
        return None
    path = key_file(settings)
    key = _read(path)
    if key is None or key.mark != mark:
        problem = "is not there" if key is None else "is another one"
        raise SettingsError(
            f"people were erased from this database, and the key of their list {problem}: copy erasure.key from the ADS_HOME where "
            f"`ads erase` was run to {path}. Without it a drop would bring them back"
        )
    return key


def made_key(settings: Settings, facts: Mapping[str, str]) -> Key:
    """The key of this home, which is made if nobody was erased yet. It is on disk when this returns."""
    if key := known_key(settings, facts) or _read(key_file(settings)):
        return key
    path = key_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    key, unfinished = Key(secrets.token_bytes(KEY_BYTES)), path.with_name(".erasure.key.unfinished")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{key.secret.hex()}\n")
    sync(unfinished)
    unfinished.replace(path)
    sync(path.parent)
    return key


def _read(path: Path) -> Key | None:
    try:
        text = path.read_text().strip()
    except FileNotFoundError:
        return None
    if not re.fullmatch(rf"[0-9a-f]{{{2 * KEY_BYTES}}}", text):
        raise SettingsError(f"{path} holds no key ({2 * KEY_BYTES} hexadecimal digits): restore it from a backup")
    return Key(bytes.fromhex(text))


@dataclass(frozen=True, slots=True)
class People:
    """People as statements look for them.

    Args:
        sql: a SELECT of their hashes, each with whether it is looked for in text.
        parameters: those of this SELECT and of `erase/hashing`.
    """

    sql: Sql
    parameters: dict[str, Any]


def listed_people(key: Key, database: str) -> People:
    """Those on the list."""
    return People(statement("erase/people", database=Name(database)), key.parameters)


def known_people(settings: Settings, facts: Mapping[str, str]) -> People | None:
    """The same, if there are any; see `known_key`."""
    key = known_key(settings, facts)
    return listed_people(key, settings.database) if key else None


def given_people(key: Key, user_ids: Collection[str]) -> People:
    """Those of these ids, who are not on the list."""
    return People(statement("erase/people_given"), key.parameters | _hashes(key, user_ids))


def _hashes(key: Key, user_ids: Collection[str]) -> dict[str, Any]:
    in_text = [key.hash(user_id) for user_id in user_ids if is_told_in_text(user_id)]
    return {"hashes": [key.hash(user_id) for user_id in user_ids], "in_text": in_text}


def is_told_in_text(user_id: str) -> bool:
    """Whether an id is looked for anywhere in lines and files, and not only as a user id: a short number could be anything."""
    return len(user_id) >= 10 or (len(user_id) >= 4 and bool(re.search(r"[^\W\d_]", user_id)))


def checked_ids(user_ids: Sequence[str]) -> list[str]:
    """The ids, each once.

    Raises:
        UsageError: one that no event can have.
    """
    for user_id in user_ids:
        if not 1 <= len(user_id) <= 128:
            raise UsageError(f"{user_id[:40]!r} has {len(user_id)} characters: a user id has 1 to 128")
    return list(dict.fromkeys(user_ids))


def note_people(warehouse: Warehouse, key: Key, user_ids: Collection[str]) -> None:
    """Put people on the list: from now on their lines are left out, whatever becomes of this run."""
    values = _hashes(key, user_ids) | {"erasure": uuid.uuid4().hex[:12], "revision": warehouse.next_revision()}
    warehouse.run(statement("erase/note"), **values)
    write_state(warehouse, **{FACT: key.mark})
