"""Calendar arithmetic."""

from datetime import UTC, date, datetime

import pytest

from ads_pipeline.days import EARLIEST_DAY, first_kept_day, parse_day, today
from ads_pipeline.errors import UsageError

NIGHT = datetime(2026, 11, 2, 3, 30, tzinfo=UTC)


def test_today_is_that_of_the_reporting_zone() -> None:
    assert today("UTC", NIGHT) == date(2026, 11, 2)
    assert today("America/New_York", NIGHT) == date(2026, 11, 1)


def test_kept_days_count_today() -> None:
    assert first_kept_day(1, "UTC", NIGHT) == date(2026, 11, 2)
    assert first_kept_day(30, "UTC", NIGHT) == date(2026, 10, 4)
    assert first_kept_day(0, "UTC", NIGHT) == EARLIEST_DAY


@pytest.mark.parametrize("text", ["2026-2-1", "2026-02-30", "yesterday", "20260201", ""])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a day"):
        parse_day(text)
