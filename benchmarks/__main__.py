"""`make bench`: measure, keep the figures in `benchmarks/results.json`, and write `docs/benchmarks.md`.

Ratios are medians of pairs run in turn, since machines are noisy.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable

from benchmarks.beside import loaders
from benchmarks.freshness import freshness
from benchmarks.growth import corrections, days, sizes
from benchmarks.history import history
from benchmarks.inputs import WORK
from benchmarks.report import Result, keep, write_page
from benchmarks.servers import bucket, cluster
from benchmarks.service import landing, reads
from benchmarks.speed import arrays, speed, steps
from tests.servers import find_binary

PARTS: dict[str, Callable[[int], Result]] = {
    "speed": speed,
    "steps": steps,
    "arrays": arrays,
    "loaders": loaders,
    "sizes": sizes,
    "days": days,
    "corrections": corrections,
    "history": history,
    "freshness": freshness,
    "landing": landing,
    "reads": reads,
    "bucket": bucket,
    "cluster": cluster,
}
"""The parts in the order of the page; each takes the number of rounds."""

ON_SERVERS = ("loaders", "freshness", "bucket", "cluster")


def main() -> int:
    """Run all parts, or those that are named; exit code 1 when a figure is not as wanted."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them by default")
    parser.add_argument("--runs", type=int, default=5, help="rounds of what is measured in turn")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"no part is called {', '.join(sorted(unknown))}; they are {', '.join(PARTS)}")
    WORK.mkdir(exist_ok=True)
    if len(options.parts) == 1:
        return _measure(options.parts[0], options.runs)
    # each in a process of its own: the memory that one has used would count for what the next one starts
    commands = [[sys.executable, "-m", "benchmarks", name, f"--runs={options.runs}"] for name in options.parts or PARTS]
    return max([subprocess.run(command, check=False).returncode for command in commands])


def _measure(name: str, runs: int) -> int:
    if name in ON_SERVERS and not find_binary():
        print(f"{name}: left out, it needs a ClickHouse server: set CLICKHOUSE_BINARY, or put `clickhouse` on the PATH")
        return 0
    result = PARTS[name](runs)
    keep(name, result)
    write_page(tuple(PARTS))
    return 1 if _tell(name, result) else 0


def _tell(name: str, result: Result) -> int:
    """Print what a part found, and return how many figures are not as wanted."""
    for row in result.rows:
        print(f"  {name}: " + "; ".join(f"{column} {cell}" for column, cell in zip(result.columns, row, strict=True)))
    for goal in result.goals:
        sign = "at most" if goal.at_most else "at least"
        print(f"{name}: {goal.what}: {goal.value:.2f} (wanted {sign} {goal.wanted:g}){'' if goal.is_met else ': MISSED'}", flush=True)
    return sum(not goal.is_met for goal in result.goals)


if __name__ == "__main__":
    sys.exit(main())
