"""Calendar arithmetic: reporting days, retention bounds, ranges of days.

*Event day*: the date of `event_time` in the reporting time zone. *Landed day*: the UTC date on
which a drop landed.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ads_pipeline.errors import UsageError

EARLIEST_DAY = date(1970, 1, 1)
"""First day that ClickHouse's `Date` holds; with retention 0 every day since then is kept."""

LATEST_DAY = date(2149, 6, 6)
"""Last day that it holds."""


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today(timezone: str, now: datetime | None = None) -> date:
    """The present day in the reporting time zone."""
    return (now or utc_now()).astimezone(ZoneInfo(timezone)).date()


def first_kept_day(retention_days: int, timezone: str, now: datetime | None = None) -> date:
    """The oldest event day whose raw rows are kept: `retention_days` days, today among them."""
    if retention_days == 0:
        return EARLIEST_DAY
    return max(EARLIEST_DAY, today(timezone, now) - timedelta(days=retention_days - 1))


def parse_day(text: str) -> date:
    """`YYYY-MM-DD` as a date.

    Raises:
        UsageError: when the text is anything else.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or text != day.isoformat():
        raise UsageError(f"{text!r} is not a day; write it as YYYY-MM-DD, for example 2026-11-01")
    return day
