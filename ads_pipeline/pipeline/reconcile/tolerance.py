"""How much may differ: so much, or a part of the platform's figure; for all metrics or for one."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ads_pipeline.errors import UsageError

_FORM = re.compile(r"(?:(\w+)=)?([0-9]{1,20}(?:\.[0-9]{1,12})?|\.[0-9]{1,12})(%?)")

ALL = ""
"""Stands for the metrics that have no tolerance of their own."""


@dataclass(frozen=True, slots=True)
class Tolerances:
    """By metric, what a difference may be at most: `absolute` in its unit, `relative` as a part of theirs; one of them is enough."""

    absolute: Mapping[str, Decimal] = field(default_factory=dict)
    relative: Mapping[str, Decimal] = field(default_factory=dict)

    def of(self, metric: str) -> tuple[Decimal, Decimal]:
        """The absolute and the relative tolerance of a metric: its own, else the one for all."""
        name = metric if metric in self.absolute or metric in self.relative else ALL
        return self.absolute.get(name, Decimal(0)), self.relative.get(name, Decimal(0))

    def check(self, metrics: Sequence[str]) -> None:
        """Refuse a tolerance for what is not compared.

        Raises:
            UsageError: there is one.
        """
        for name in {*self.absolute, *self.relative} - {ALL, *metrics}:
            raise UsageError(f"--tolerance {name}=…: {name} is not compared; compared are {', '.join(metrics)}")


def parse_tolerances(texts: Iterable[str]) -> Tolerances:
    """Tolerances as `0.5%`, `0.01`, `cost=0.01`, `clicks=1%`.

    Raises:
        UsageError: another form.
    """
    absolute, relative = defaultdict[str, Decimal](Decimal), defaultdict[str, Decimal](Decimal)
    for text in texts:
        found = _FORM.fullmatch(text.strip())
        if not found:
            raise UsageError(f"--tolerance {text!r} cannot be read: write 0.5%, cost=0.01 or clicks=1%")
        name, value, percent = found[1] or ALL, Decimal(found[2]), found[3]
        chosen = relative if percent else absolute
        chosen[name] = max(chosen[name], value / 100 if percent else value)
    return Tolerances(dict(absolute), dict(relative))
