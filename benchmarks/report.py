"""What parts of the benchmarks found: kept in `results.json`, so that each can be measured anew alone, and written as a page."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
RESULTS, PAGE, PLOTS = HERE / "results.json", HERE.parent / "docs" / "benchmarks.md", HERE.parent / "docs" / "assets"


def facts() -> dict[str, str]:
    """When, on which machine and with what it was measured."""
    processor = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in processor if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "on": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Linux {platform.release().split('-')[0]}",
        "with": f"Python {platform.python_version()}, chDB {version('chdb')}, Dagster {version('dagster')}",
    }


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure beside what is wanted of it; at least so much, or at most."""

    what: str
    value: float
    wanted: float
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it is as wanted."""
        return self.value <= self.wanted if self.at_most else self.value >= self.wanted


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over one axis: the table's columns of these names."""

    x: str
    ys: tuple[str, ...]
    logarithmic: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """What one part found.

    Args:
        text: what is measured, beside what, and how.
        columns, rows: the table; numbers are written as they are, so round them.
    """

    title: str
    text: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    goals: Sequence[Goal] = ()
    plot: Plot | None = None
    measured: dict[str, str] = field(default_factory=facts)


def keep(name: str, result: Result) -> None:
    """Put a part's result into `results.json`, in place of its last one."""
    held = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    held[name] = asdict(result) | {"goals": [asdict(goal) | {"is_met": goal.is_met} for goal in result.goals]}
    RESULTS.write_text(json.dumps(held, indent=1, default=str) + "\n")


def write_page(order: Sequence[str]) -> None:
    """Write `docs/benchmarks.md` and its plots from what is kept, the parts in this order."""
    held = json.loads(RESULTS.read_text())
    for name, part in held.items():
        if part["plot"]:
            _draw(PLOTS / f"benchmark-{name}.svg", part)
    PAGE.write_text(page_of(held, order))


def page_of(held: Mapping[str, Any], order: Sequence[str]) -> str:
    """The page of what is kept."""
    environment = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    environment.filters["cell"] = _cell
    return environment.get_template("page.md.jinja").render(parts=[(name, held[name]) for name in order if name in held])


def _cell(value: str | int | float) -> str:
    """A number as people write it: thousands apart, no digits that say nothing."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def _draw(path: Path, part: dict[str, Any]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = path.name  # the same figures make the same file
    from matplotlib import pyplot as plt

    at = part["columns"].index(part["plot"]["x"])
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for name in part["plot"]["ys"]:
        place = part["columns"].index(name)
        axes.plot([row[at] for row in part["rows"]], [row[place] for row in part["rows"]], marker="o", label=name)
    if part["plot"]["logarithmic"]:
        axes.set_xscale("log")
    axes.set(xlabel=part["plot"]["x"], ylim=(0, 1.1 * axes.get_ylim()[1]))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def today() -> date:
    """The last day of generated events."""
    return datetime.now(UTC).date()
