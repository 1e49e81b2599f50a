"""The errors users meet. Each message names the thing, the value and the remedy.

What belongs here: exception types that cross a package border. What does not: retries (`retrying`), HTTP statuses (`api`), the
failures of Dagster (`defs`).
"""

from datetime import date


class AdsError(Exception):
    """Base of all expected errors. Permanent: running again without a change fails again."""

    exit_code = 1


class UsageError(AdsError):
    """A wrong argument or name given by the caller."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting has a value that cannot be used, or settings and database disagree."""


class TransientError(AdsError):
    """Worth another try: a lost connection, a timeout, an engine that is out of memory or busy.

    `retry_after` is how many seconds the other side asks to wait before that; None when it does not say.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MemoryLimitError(TransientError):
    """The engine ran out of memory: a later try may have more, or a smaller batch may need less.

    Args:
        of_statement: whether the statement reached its own limit, so that the same would reach it again.
    """

    def __init__(self, message: str, *, of_statement: bool = False) -> None:
        super().__init__(message)
        self.of_statement = of_statement


class LeaseLostError(TransientError):
    """Another run has taken over the right to write, and finishes what this one has begun. Not retried."""


class EngineError(AdsError):
    """The engine refused a statement, and would refuse it again. `code` is the error code of ClickHouse, 0 if unknown."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class RollupError(EngineError):
    """The SELECT of a rollup throws on the events of a day; other rollups are not affected."""

    def __init__(self, rollup: str, error: EngineError, day: date | None = None) -> None:
        super().__init__(f"rollup {rollup}: {error}", error.code)
        self.rollup, self.reason, self.day = rollup, str(error), day


class SetApartError(AdsError):
    """A rollup is set apart: it is not updated, and cannot be read, until its file or the data is fixed."""


class LandingError(AdsError):
    """The landing store as a whole cannot be listed, read or written."""


class DropError(AdsError):
    """One drop cannot be read; other drops are not affected."""


class NotFetchedError(DropError):
    """A drop could not be fetched this time, or is not what was listed: the next ingest that lists it tries again."""


class GoneError(DropError):
    """A drop left the landing store after it was listed: there is nothing to try again until it lands again."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was removed from the landing store before it was loaded; land it again if it was not meant to go")


class RetentionError(AdsError):
    """Refused: raw rows of a day have begun to expire, so a rebuild would make its rollup smaller."""
