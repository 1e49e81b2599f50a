"""`make bench`: ingest beside bare inserts, the service beside bare ones, a cluster beside a server.

Ratios are medians of pairs run in turn, since machines are noisy.
"""

import argparse
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from ads_pipeline.generate import generate
from benchmarks.history import history
from benchmarks.http import landing, reads
from benchmarks.measure import ADS, fresh_home, ingest_beside_bare, is_reached, run
from benchmarks.servers import cluster_beside_server, from_bucket
from tests.servers import find_binary

WORK = Path(".bench")

NAMES = ("ads ingest", "default insert", "expert's insert")


def make_drop(name: str, events: int, duplicates: float) -> Path:
    """One drop of generated events of seven days, made once."""
    path = WORK / f"{name}.ndjson.gz"
    if not path.exists():
        out = WORK / f"{name}.out"
        shutil.rmtree(out, ignore_errors=True)
        today = datetime.now(UTC).date()
        generate(out, events=events, days=7, drops=7, seed=1, duplicates=duplicates, corrections=0, malformed=0, late=0, end=today)
        with path.open("wb") as whole:  # gzip files one after another are a gzip file
            for part in sorted(out.rglob("*.ndjson.gz")):
                whole.write(part.read_bytes())
        shutil.rmtree(out)
    return path


def throughput(title: str, drop: Path, events: int, runs: int, wanted: float) -> bool:
    """Print rows and CPU seconds of all three, and whether the median ratio to the expert's insert reaches what is wanted."""
    rounds = [ingest_beside_bare(WORK, drop) for _ in range(runs)]
    for found in rounds:
        speeds = (f"{name} {events / run.seconds:9,.0f} rows/s, {run.cpu:4.1f} s CPU" for name, run in zip(NAMES, found, strict=True))
        print(f"  {title}: {'; '.join(speeds)}", flush=True)
    of_bare = [bare.seconds / ours.seconds for ours, bare, _ in rounds]
    of_expert = [expert.seconds / ours.seconds for ours, _, expert in rounds]
    cpu = [ours.cpu / expert.cpu for ours, _, expert in rounds]
    print(f"{title}: {median(of_bare):.2f} of the default insert's rate, {median(cpu):.2f} times the expert's CPU seconds")
    return is_reached(f"{title}, beside the expert's insert", of_expert, wanted)


def memory(drop: Path, wanted: float) -> bool:
    """Print the peak memory of both on one large drop."""
    ours, bare, _ = ingest_beside_bare(WORK, drop)
    ratio = ours.peak / bare.peak
    print(f"one 10-million-event drop: peak {ours.peak:,.0f} MiB, bare {bare.peak:,.0f} MiB, ratio {ratio:.2f} (wanted {wanted} or less)")
    return ratio <= wanted


def small_drops(count: int, events: int) -> None:
    """Print how long one call takes for many small drops."""
    out = WORK / "small"
    shutil.rmtree(out, ignore_errors=True)
    today = datetime.now(UTC).date()
    generate(out, events=count * events, days=3, drops=count, seed=2, duplicates=0, corrections=0, malformed=0, late=0, end=today)
    home = fresh_home(WORK / "many")
    shutil.rmtree(home / "landing")
    out.rename(home / "landing")
    took = run([ADS, "ingest"], home)
    print(f"{count} drops of {events} events: {took.seconds:.1f} s")


def main() -> int:
    """Run all benchmarks; exit code 1 when a ratio is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--large", type=int, default=10_000_000, help="events of the drop whose memory is measured; 0 leaves it out")
    parser.add_argument("--drops", type=int, default=100_000, help="drops in the ledger and the landing folder of an idle ingest")
    options = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    millions = f"{options.events / 1e6:g} million events"
    plain = make_drop("plain", options.events, 0)
    met = [
        throughput(f"{millions}, no duplicates", plain, options.events, options.runs, 0.5),
        throughput(f"{millions}, 10 % duplicates", make_drop("tenth", options.events, 10), round(options.events * 1.1), options.runs, 0.35),
    ]
    small_drops(2000, 500)
    history(WORK, (100, options.drops))
    met.append(landing(WORK, options.runs, 0.5))
    met.append(reads(WORK, plain))
    if find_binary():
        met.append(from_bucket(WORK, plain, options.events, options.runs, 0.8))
        met.append(cluster_beside_server(WORK, plain, options.events, options.runs, 0.8))
    else:
        print("no ClickHouse server, so none is measured: set CLICKHOUSE_BINARY, or put `clickhouse` on the PATH")
    if options.large:
        met.append(memory(make_drop("large", options.large, 0), 1.3))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
