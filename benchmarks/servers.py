"""On real servers: ingest from a bucket beside a bare insert from it, and a cluster beside a single server."""

import shutil
import sys
from pathlib import Path

import obstore

from benchmarks.measure import ADS, fresh_home, is_reached, run
from tests.buckets import BUCKET, KEY, SECRET, BucketServer, bucket_at, collect, variables_at
from tests.servers import Cluster, Server

COLLECTION = "landed"


def from_bucket(work: Path, drop: Path, events: int, runs: int, wanted: float) -> bool:
    """Print rows a second of an ingest from S3, with the drop brought and with it read by the server, and of the bare insert."""
    folder = _fresh(work / "bucket")
    bucket, server = BucketServer(folder / "s3").start(), Server(folder / "server").start().wait()
    try:
        obstore.put(bucket_at(bucket.url), f"bench/events/{drop.name}", drop)
        url = f"{bucket.url}/{BUCKET}/bench"
        with server.connect() as client:
            collect(client, COLLECTION, url)
        ratios: dict[str, list[float]] = {"brought by the pipeline": [], "read by the server": []}
        for number in range(runs):
            common = {"ADS_CLICKHOUSE_DSN": server.dsn, "ADS_LANDING_URL": f"s3://{BUCKET}/bench", **variables_at(bucket.url)}
            bare_variables = common | {"ADS_DATABASE": f"bare_{number}"}
            bare_home = fresh_home(work / "bare", variables=bare_variables)
            command = [sys.executable, "-m", "benchmarks.bare", "bucket", f"{url}/events/{drop.name}", KEY, SECRET]
            bare = run(command, bare_home, bare_variables)
            for way, collection in zip(ratios, ("", COLLECTION), strict=True):
                variables = common | {"ADS_DATABASE": f"ours_{number}{collection}", "ADS_S3_COLLECTION": collection}
                ours = run([ADS, "ingest"], fresh_home(work / "ours", variables=variables), variables)
                ratios[way].append(bare.seconds / ours.seconds)
                speeds = f"ads ingest {events / ours.seconds:9,.0f} rows/s, bare {events / bare.seconds:9,.0f}"
                print(f"  server, from S3, {way}: {speeds}, ratio {ratios[way][-1]:.2f}", flush=True)
            with server.connect() as client:
                for name in (f"bare_{number}", f"ours_{number}", f"ours_{number}{COLLECTION}"):
                    client.command(f"DROP DATABASE {name} SYNC")
    finally:
        server.kill()
        bucket.kill()
    reached = [is_reached(f"server, from S3, {way}", found, wanted) for way, found in ratios.items()]
    return all(reached)


def cluster_beside_server(work: Path, drop: Path, events: int, runs: int, wanted: float) -> bool:
    """Print rows a second of an ingest into two shards and into one server, and whether the cluster's checks are green."""
    folder = _fresh(work / "cluster")
    server, cluster = Server(folder / "server").start().wait(), Cluster(folder / "nodes", replicas=1).start()
    ratios = []
    try:
        for number in range(runs):
            alone = {"ADS_CLICKHOUSE_DSN": server.dsn, "ADS_DATABASE": f"ours_{number}"}
            spread = {"ADS_CLICKHOUSE_DSN": cluster.dsn, "ADS_DATABASE": f"ours_{number}", "ADS_CLUSTER": "ads"}
            one = run([ADS, "ingest"], fresh_home(work / "ours", drop, alone), alone)
            home = fresh_home(work / "ours", drop, spread)
            two = run([ADS, "ingest"], home, spread)
            run([ADS, "check"], home, spread)
            ratios.append(one.seconds / two.seconds)
            speeds = f"cluster {events / two.seconds:9,.0f} rows/s, single server {events / one.seconds:9,.0f}"
            print(f"  two shards: {speeds}, ratio {ratios[-1]:.2f}", flush=True)
            for node in (server, *cluster.nodes.values()):
                with node.connect() as client:
                    for name in (f"ours_{number}", f"ours_{number}_local"):
                        client.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    finally:
        server.kill()
        cluster.kill()
    return is_reached("two shards beside one server on the same cores", ratios, wanted)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder.absolute()
