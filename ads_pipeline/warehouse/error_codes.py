"""What the engine's error codes mean: which may pass by themselves, which need somebody to act, and what helps."""

import re
from collections.abc import Callable
from typing import TypeVar

from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from ads_pipeline.errors import AdsError, EngineError, LeaseLostError, MemoryLimitError, TransientError

T = TypeVar("T")

# Errors that may be gone at the next try: code → what happened.
TRANSIENT = {
    159: "the statement timed out",
    173: "the machine is out of memory",
    198: "a host's name could not be resolved",
    202: "too many statements at once",
    203: "no connection was free",
    209: "the connection timed out",
    210: "the connection was lost",
    225: "the engine has lost its keeper",
    236: "the statement was cancelled, for example by a shutdown",
    242: "the table is read-only for now, for example because the keeper is away",
    244: "the keeper gave an unexpected answer",
    252: "merges cannot keep up with inserts",
    254: "no replica is active",
    279: "no try to connect succeeded",
    285: "too few replicas are alive (`ads doctor` names nodes that take no part)",
    286: "an earlier insert has not reached enough replicas yet",
    289: "the replica has not received an insert yet that others have",
    319: "it is unknown whether the insert arrived",
    341: "a replica did not finish in time",
    369: "all replicas lag behind",
    394: "the statement was killed",
    425: "a system call failed",
    439: "the engine has no free thread",
    473: "a deadlock of two statements",
    517: "an earlier change of the table has not finished on all replicas",
    574: "too many rows are waiting to be sent to other nodes",
    677: "the engine cannot start a thread",
    722: "the engine is still loading its tables",
    745: "the engine is overloaded",
    999: "the keeper is not available",
}

# Errors that stay until somebody acts: code → what happened, and what helps.
PERMANENT = {
    60: "a table is missing: run `ads init`",
    81: "the database is missing: run `ads init`",
    115: "the engine does not know a setting that is needed: ClickHouse 24.10 and later have it",
    158: "a limit on rows in this user's profile ended the statement: raise it",
    160: "a limit on speed in this user's profile ended the statement: lower it",
    164: "this user may only read: set a user who may write in ADS_CLICKHOUSE_DSN",
    191: "a limit on sets in this user's profile ended the statement: raise it",
    201: "this user's quota is used up: wait, or raise it",
    243: "the engine's disk is full: make room",
    253: "two replicas have the same name: `ads doctor` names them",
    307: "a limit on bytes in this user's profile ended the statement: raise it",
    396: "a limit on results in this user's profile ended the statement: raise it",
    452: "this user's profile forbids a setting that is needed",
    472: "this user's profile forbids a setting that is needed",
    497: "this user lacks a right: see `ads init --users`",
    516: "the engine refuses this user or password: check ADS_CLICKHOUSE_DSN",
    669: "the server has no named collection of this name: check ADS_S3_COLLECTION",
    701: "unknown cluster: check ADS_CLUSTER and the server's remote_servers",
}

# Errors that the bytes of a drop cause, alone or together with its source's SELECT: the same bytes cause them again.
OF_CONTENT = {
    *(3, 4, 23, 32, 33, 632),  # the drop ends too early, or has bytes after its end
    *(39, 40, 246, 271, 354, 554, 561, 594, 618, 638),  # the drop cannot be decompressed
    *(8, 9, 15, 48, 50, 636, 723, 728, 748, 1001),  # columns cannot be determined; an unknown type, or an unsupported feature of the format
    *(6, 25, 26, 27, 38, 41, 72, 117, 120, 130, 376, 441, 467, 563, 675, 676, 691),  # a value cannot be parsed
    *(53, 69, 70, 127, 128, 131, 153, 190, 321, 349, 395, 407),  # a value does not fit the source's SELECT
}

# Errors that a source's SELECT causes whatever the bytes, such as a syntax error or an unknown column: gone when its file is fixed.
OF_SELECT = {16, 20, 34, 35, 42, 43, 44, 46, 47, 62, 63, 179, 184, 207, 215, 386}

BAD_ARGUMENTS, UNKNOWN_TABLE, MEMORY, THROWN, NO_SPACE, NO_RIGHT, S3, NO_PORT = 36, 60, 241, 395, 243, 497, 499, 701

NOT_READABLE = (NO_RIGHT, UNKNOWN_TABLE)
"""What a user gets who may not read a table, or whose server `ads init` has not updated to it yet."""

PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
"""HTTP statuses of a proxy in front of the engine that may be gone at the next try."""

FENCE = "another run holds the lease"
"""The error that the fence (`sql/lease/fence.sql`) throws."""

HEAD, TAIL = 1500, 500
"""Characters kept of an engine's message that is longer: it may quote an expression of tens of thousands."""

LEASE_LOST = "lost the write lease to another run while unresponsive; that run finishes the work, run again"


def translated(error: ClickHouseError) -> AdsError:
    """A driver's error as one of ours, in one sentence."""
    code, text = _of_mutation(int(getattr(error, "code", 0) or 0), _plain(str(error)))
    if "No space left on device" in text:
        code = NO_SPACE
    if code == THROWN and FENCE in text:
        return LeaseLostError(LEASE_LOST)
    if code == MEMORY:
        of_statement = "for query" in text or "Query memory limit" in text
        return MemoryLimitError(f"the memory limit was reached: {text}", of_statement=of_statement)
    if code in TRANSIENT:
        return TransientError(f"{TRANSIENT[code]}: {text}")
    if not code and (found := re.match(r"HTTP driver received HTTP status (\d+)", text)):
        said = f"a proxy in front of the engine answers with HTTP status {found[1]}"
        return TransientError(said) if int(found[1]) in PASSING_STATUS else EngineError(f"{said}: {text[found.end() :][:200]}")
    if isinstance(error, OperationalError) and not code:
        return TransientError(f"the engine does not answer: {_cause(error) or text}")
    return EngineError(f"{PERMANENT[code]} ({text})" if code in PERMANENT else text, code)


def _of_mutation(code: int, text: str) -> tuple[int, str]:
    """The error that a mutation ended with: the engine says that it has not finished, and quotes the reason (a full disk, memory)."""
    found = re.search(r"execution of mutation .*? reason: '(Code: (\d+)\..*?)'\. This error", text, re.DOTALL)
    return (int(found[2]), _plain(found[1])) if found else (code, text)


def _cause(error: ClickHouseError) -> str:
    """Why the driver got no answer, without its wrapping."""
    cause = getattr(error.__cause__, "reason", None) or error.__cause__
    inner = cause.args[-1] if cause and cause.args and isinstance(cause.args[-1], Exception) else cause
    return re.sub(r"^<?\w+\(host=[^)]*\)>?: ", "", str(inner or "")).strip()


def _plain(text: str) -> str:
    """The engine's own message, without the driver's wrapping, stack trace, version and address."""
    text = text.split("\nStack trace", maxsplit=1)[0].strip()
    text = re.sub(r"^Received ClickHouse exception, code: \d+, server response: ", "", text)
    text = re.sub(r" \(for url [^)]*\)$", "", text)
    text = re.sub(r" \(version [^)]*(\([^)]*\))?\)$", "", text).strip()
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} […] {text[-TAIL:]}"


def if_allowed(read: Callable[[], T], refusals: tuple[int, ...] = (NO_RIGHT,)) -> T | None:
    """What is read; None if the engine refuses it with one of these codes."""
    try:
        return read()
    except EngineError as error:
        if error.code not in refusals:
            raise
        return None
