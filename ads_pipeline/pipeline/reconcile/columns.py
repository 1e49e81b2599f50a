"""Which column of a platform's file is the day, which are keys, which are metrics."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.rollups import Rollup

DAY, DAY_NAMES = "event_date", ("event_date", "day", "date")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file that are compared: its name of the day, and of each key and metric by the rollup's name."""

    day: str
    keys: Mapping[str, str]
    metrics: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The file's names: the day, the keys, the metrics."""
        return [self.day, *self.keys.values(), *self.metrics.values()]


def parse_map(texts: Sequence[str], rollup: Rollup) -> dict[str, str]:
    """Maps `NAME=COLUMN`: the rollup's name, or `day`, to the file's.

    Raises:
        UsageError: another form, a name that the rollup does not have, or one that cannot be compared.
    """
    given: dict[str, str] = {}
    for text in texts:
        name, sign, column = (part.strip() for part in text.partition("="))
        if not sign or not column:
            raise UsageError(f'--map {text!r} cannot be read: write NAME=COLUMN, for example --map cost="Amount spent"')
        name = DAY if name.lower() in DAY_NAMES else name
        _check_comparable(name, rollup)
        if name in given:
            raise UsageError(f"--map names {name} twice: {given[name]!r} and {column!r}; take one away")
        given[name] = column
    return given


def _check_comparable(name: str, rollup: Rollup) -> None:
    if name in rollup.ratios:
        raise UsageError(f"{name} is a ratio, which does not add up: map what it is made of, such as cost and impressions")
    if name not in rollup.dimensions + rollup.metrics:
        raise UsageError(f"rollup {rollup.name} has no {name!r}; it has day, {', '.join(_comparable(rollup))}")
    if name in rollup.metrics and not adds_up(rollup, name):
        raise UsageError(f"{name} is no sum, so the rows of a file cannot be added up to it: map {', '.join(_sums(rollup))}")


def adds_up(rollup: Rollup, metric: str) -> bool:
    """Whether a metric is a sum or a count."""
    function = re.split(r"[(,]", rollup.types[metric])[1]
    return function.startswith(("sum", "count")) and not function.endswith(("Map", "ForEach"))


def is_whole(kind: str) -> bool:
    """Whether a metric of this type has whole numbers only."""
    return "Decimal" not in kind and "Float" not in kind


def _sums(rollup: Rollup) -> list[str]:
    return [metric for metric in rollup.metrics if adds_up(rollup, metric)]


def _comparable(rollup: Rollup) -> list[str]:
    return [*(name for name in rollup.dimensions if name != DAY), *_sums(rollup)]


def plan_columns(rollup: Rollup, given: Mapping[str, str], header: Sequence[str], file: str) -> Columns:
    """The columns of a file with this header: those mapped, and those that have the rollup's own names.

    Raises:
        UsageError: a mapped column is missing, or there is no day or no metric.
    """
    found = {name: _find(header, column, file) for name, column in given.items()}
    for name in (DAY, *_comparable(rollup)):
        likely = [column for column in header if plain(column) in (DAY_NAMES if name == DAY else (name.lower(),))]
        if name not in found and likely:
            if len(likely) > 1:
                raise UsageError(f"{file} has {' and '.join(map(repr, likely))}: say which is {name} with --map")
            found[name] = likely[0]
    if DAY not in found:
        raise UsageError(f"{file} has no column day: name it with --map day=COLUMN; {_there_are(header)}")
    metrics = {name: found[name] for name in [*(name for name in given if name in rollup.metrics), *rollup.metrics] if name in found}
    if not metrics:
        example = f"--map {_sums(rollup)[0]}=COLUMN"
        raise UsageError(f"{file} has no metric of {rollup.name}: map one, for example {example}; {_there_are(header)}")
    return Columns(found[DAY], {name: found[name] for name in rollup.dimensions if name in found and name != DAY}, metrics)


def _find(header: Sequence[str], column: str, file: str) -> str:
    same = [name for name in header if name == column] or [name for name in header if plain(name) == plain(column)]
    if not same:
        raise UsageError(f"{file} has no column {column!r}; {_there_are(header)}")
    if len(same) > 1:
        raise UsageError(f"{file} names the column {same[0]!r} twice: rename one of them")
    return same[0]


def _there_are(header: Sequence[str]) -> str:
    shown = ", ".join(header[:20]) + (f" and {len(header) - 20} more" if len(header) > 20 else "")
    return f"its columns are {shown}"


def plain(name: str) -> str:
    """A column's name in lower case, other characters than letters and digits as `_`."""
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")
