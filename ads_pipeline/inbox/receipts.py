"""Receipts of sealed requests that had an idempotency key: what was answered, kept for a day.

The receipts of requests that are not sealed yet are in the segments of the spool; they are added here before their segment is
deleted. One SQLite file, shared by the workers of a host.
"""

import fcntl
import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

KEPT_SECONDS = 86_400


class Receipts:
    """The sealed receipts. Used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "receipts.sqlite", timeout=30, isolation_level=None, check_same_thread=False)
        with (folder / "receipts.lock").open("a") as lock:  # SQLite does not wait when two processes switch the journal mode at once
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("CREATE TABLE IF NOT EXISTS receipts (key TEXT PRIMARY KEY, record TEXT NOT NULL, sealed REAL NOT NULL)")

    def find(self, key: str) -> dict[str, Any] | None:
        """The receipt of a key, or None."""
        found = self._db.execute("SELECT record FROM receipts WHERE key = ?", [key]).fetchone()
        return json.loads(found[0]) if found else None

    def add(self, records: Iterable[dict[str, Any]]) -> None:
        """Add receipts, and delete those older than a day. On disk when this returns; adding them again changes nothing."""
        now = time.time()
        rows = [(record["key"], json.dumps(record), now) for record in records]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR IGNORE INTO receipts VALUES (?, ?, ?)", rows)
        self._db.execute("DELETE FROM receipts WHERE sealed < ?", [now - KEPT_SECONDS])
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def key_digest(client: str, key: str) -> str:
    """What stands for a client's idempotency key: no key is stored as it was sent."""
    return hashlib.sha256(f"{client}\n{key}".encode()).hexdigest()
