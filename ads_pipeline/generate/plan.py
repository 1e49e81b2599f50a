"""What to generate: how many events of which days stand in which drop."""

from dataclasses import dataclass
from datetime import date, timedelta

from ads_pipeline.days import EARLIEST_DAY
from ads_pipeline.errors import UsageError

MOST_DAYS = 1000
"""The totals of a day take 360 kB of memory."""


@dataclass(frozen=True)
class Plan:
    """What to generate; shares are percentages of `events`, the number of distinct valid events; `end` is the last event day."""

    events: int
    days: int
    drops: int
    seed: int
    duplicates: float
    corrections: float
    malformed: float
    late: float
    end: date

    def __post_init__(self) -> None:
        for name in ("events", "days", "drops"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}: it has to be 1 or more")
        for name in ("duplicates", "corrections", "malformed", "late"):
            if not 0 <= getattr(self, name) <= 50:
                raise UsageError(f"{name} is {getattr(self, name)}: it is a percentage from 0 to 50")
        if self.seed < 0:
            raise UsageError(f"seed is {self.seed}: it has to be 0 or more")
        if self.days > MOST_DAYS:
            raise UsageError(f"days is {self.days}: it has to be {MOST_DAYS} or fewer")
        if (self.end - EARLIEST_DAY).days < self.days or self.end.year > 2099:
            raise UsageError(f"{self.days} days up to {self.end}: events lie from 1970-01-02 to 2099-12-31")
        if self.drops > self.events:
            raise UsageError(f"{self.drops} drops for {self.events} events: a drop needs an event at least")
        if self.late and self.landed_day(self.drops - 1) == self.landed_day(0):
            raise UsageError("late events need two drops and two days at least: they land on a later day")

    @property
    def first(self) -> date:
        """The first event day."""
        return self.end - timedelta(days=self.days - 1)

    def events_before(self, drop: int) -> int:
        """How many events the drops before this one have; of all drops when it is the number of drops."""
        return self.events * drop // self.drops

    def landed_day(self, drop: int) -> int:
        """The landed day of a drop, counted from the first; the last drop lands on the last day."""
        return -(-(drop + 1) * self.days // self.drops) - 1

    def event_days(self, drop: int) -> tuple[int, int]:
        """First and last event day that a drop brings on time: its landed day, and those before it without a drop of their own."""
        day, before = self.landed_day(drop), self.landed_day(drop - 1) if drop else -1
        return min(before + 1, day), day

    def late_before(self, event: int) -> int:
        """How many of the events before this one are late: the share of all, spread over the drops that can be late."""
        able = self.events_before(self.next_landed_day(0)) if self.late else 0
        return int(self.events * self.late / 100) * max(event - able, 0) // max(self.events - able, 1)

    def next_landed_day(self, drop: int) -> int:
        """The first drop of a later landed day, or this one when there is none."""
        later = (self.landed_day(drop) + 1) * self.drops // self.days
        return later if later < self.drops else drop
