"""Calendar arithmetic: reporting days, retention bounds, ranges of days.

*Event day*: the date of `event_time` in the reporting time zone. *Landed day*: the UTC date on
which a drop landed.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ads_pipeline.errors import UsageError

EARLIEST_DAY = date(1970, 1, 1)
"""First day that ClickHouse's `Date` holds; with retention 0 every day since then is kept."""


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


def each_day(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included; none when `last` is before `first`."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


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


def parse_range(first: str, last: str) -> tuple[date, date]:
    """Both ends of a range of days, checked to be in order."""
    start, end = parse_day(first), parse_day(last)
    if end < start:
        raise UsageError(f"the range ends ({end}) before it begins ({start}); swap --from and --to")
    return start, end


def as_ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days as the fewest unbroken ranges, in order: `[1, 2, 5]` becomes `[(1, 2), (5, 5)]`."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and ranges[-1][1] + timedelta(days=1) == day:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
