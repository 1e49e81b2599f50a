"""On real servers: ingest from a bucket beside a bare insert from it, and a cluster beside a single server."""

import shutil
import sys
from pathlib import Path
from statistics import median

import obstore

from benchmarks.inputs import WORK, make_drop
from benchmarks.measure import ADS, fresh_home, run
from benchmarks.report import Goal, Result
from tests.buckets import BUCKET, KEY, SECRET, BucketServer, bucket_at, collect, variables_at
from tests.servers import Cluster, Server

COLLECTION = "landed"
EVENTS = 2_000_000


def bucket(runs: int) -> Result:
    """From S3 into a server, the drop brought by the pipeline and read by the server itself, beside bare inserts of the object."""
    drop, folder = make_drop(f"{EVENTS}-0", EVENTS), _fresh(WORK / "bucket")
    store, server = BucketServer(folder / "s3").start(), Server(folder / "server").start().wait()
    found: dict[str, list[float]] = {}
    try:
        obstore.put(bucket_at(store.url), f"bench/events/{drop.name}", drop)
        url = f"{store.url}/{BUCKET}/bench"
        with server.connect() as client:
            collect(client, COLLECTION, url)
        common = {"ADS_CLICKHOUSE_DSN": server.dsn, "ADS_LANDING_URL": f"s3://{BUCKET}/bench", **variables_at(store.url)}
        bare = [sys.executable, "-m", "benchmarks.bare"]
        object_at = ["bucket", f"{url}/events/{drop.name}", KEY, SECRET]
        ways: dict[str, tuple[list[str], str]] = {
            "`ads ingest`, brought by the pipeline": ([ADS, "ingest"], ""),
            "`ads ingest`, read by the server": ([ADS, "ingest"], COLLECTION),
            "default insert": ([*bare, *object_at], ""),
            "expert's insert": ([*bare, "expert", *object_at], ""),
        }
        for number in range(runs):
            for place, (way, (command, collection)) in enumerate(ways.items()):
                variables = common | {"ADS_DATABASE": f"way_{place}_{number}", "ADS_S3_COLLECTION": collection}
                taken = run(command, fresh_home(WORK / "home", variables=variables), variables)
                found.setdefault(way, []).append(taken.seconds)
                with server.connect() as client:
                    client.command(f"DROP DATABASE {variables['ADS_DATABASE']} SYNC")
    finally:
        server.kill()
        store.kill()
    rows = [[way, round(EVENTS / median(seconds)), round(median(seconds), 1)] for way, seconds in found.items()]
    best, expert = list(found.values())[1], found["expert's insert"]
    goals = [Goal("rows a second beside the expert's insert", median(e / o for o, e in zip(best, expert, strict=True)), 0.8)]
    text = f"{EVENTS:,} events in one gzip NDJSON object of an S3 server, into a ClickHouse 24.10 server on the same cores; {runs} rounds."
    return Result("From a bucket", text, ("way", "rows/s", "seconds"), rows, goals)


def cluster(runs: int) -> Result:
    """Into two shards, and into one server on the same cores."""
    drop, folder = make_drop(f"{EVENTS}-0", EVENTS), _fresh(WORK / "cluster")
    server, nodes = Server(folder / "server").start().wait(), Cluster(folder / "nodes", replicas=1).start()
    found = list[tuple[float, float]]()
    try:
        for number in range(runs):
            alone = {"ADS_CLICKHOUSE_DSN": server.dsn, "ADS_DATABASE": f"ours_{number}"}
            spread = {"ADS_CLICKHOUSE_DSN": nodes.dsn, "ADS_DATABASE": f"ours_{number}", "ADS_CLUSTER": "ads"}
            one = run([ADS, "ingest"], fresh_home(WORK / "home", drop, alone), alone)
            home = fresh_home(WORK / "home", drop, spread)
            two = run([ADS, "ingest"], home, spread)
            run([ADS, "check"], home, spread)
            found.append((one.seconds, two.seconds))
            for node in (server, *nodes.nodes.values()):
                with node.connect() as client:
                    for name in (f"ours_{number}", f"ours_{number}_local"):
                        client.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    finally:
        server.kill()
        nodes.kill()
    medians = [median(seconds) for seconds in zip(*found, strict=True)]
    rows = [[way, round(EVENTS / seconds), round(seconds, 1)] for way, seconds in zip(("one server", "two shards"), medians, strict=True)]
    goals = [Goal("rows a second of two shards beside one server", median(one / two for one, two in found), 0.8)]
    text = f"{EVENTS:,} events in one drop, into one server and into a cluster of two shards, all on the same cores; {runs} rounds."
    return Result("A cluster", text, ("engine", "rows/s", "seconds"), rows, goals)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder.absolute()
