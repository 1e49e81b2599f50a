"""A real S3 server (SeaweedFS) on loopback, for tests and benchmarks."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import obstore
from clickhouse_connect.driver.client import Client
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tests.servers import free_ports

WEED = Path(sys.executable).with_name("weed")
KEY, SECRET = "ads-key", "ads-secret-value"
BUCKET, OPEN_BUCKET = "landing", "open-landing"
IDENTITIES = [
    {"name": "ads", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin", "Read", "Write", "List"]},
    {"name": "anonymous", "actions": [f"Read:{OPEN_BUCKET}", f"List:{OPEN_BUCKET}"]},
]
START_SECONDS = 60


def bucket_at(endpoint: str, bucket: str = BUCKET) -> S3Store:
    """A bucket for the tests' own hands, whatever the environment says; a first put makes it."""
    return S3Store(
        bucket,
        endpoint=endpoint,
        access_key_id=KEY,
        secret_access_key=SECRET,
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )


def variables_at(endpoint: str) -> dict[str, str]:
    """What opens the buckets of an endpoint, as environment variables."""
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}


def collect(client: Client, name: str, url: str, secret: str = SECRET) -> None:
    """Make a named collection of a ClickHouse server mean a prefix of a bucket."""
    client.command(f"CREATE NAMED COLLECTION {name} AS url = '{url}/', access_key_id = '{KEY}', secret_access_key = '{secret}'")


class BucketServer:
    """A server with the identities and buckets above."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = [f"{part}.port{kind}" for part in ("s3", "master", "volume", "filer") for kind in ("", ".grpc")]
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.url = f"http://127.0.0.1:{self._ports['s3.port']}"

    def start(self) -> "BucketServer":
        """Start it, and wait until it takes objects."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "s3.json").write_text(json.dumps({"identities": IDENTITIES}))
        command = [str(WEED), f"-logdir={self.folder}", "server", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        command += ["-volume.max=100", "-s3", "-s3.config=s3.json", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]
        command += [f"-{name}={port}" for name, port in self._ports.items()]
        log = self.folder / "log"
        with log.open("wb") as output:
            # a home and a folder of its own: it would read a developer's configuration
            self.process = subprocess.Popen(command, cwd=self.folder, env={"HOME": str(self.folder)}, stdout=output, stderr=output)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                for bucket in (BUCKET, OPEN_BUCKET):
                    obstore.put(bucket_at(self.url, bucket), "started", b"")
                return self
            except BaseError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the S3 server does not answer: {error}\n{log.read_text()[-3000:]}") from error
            time.sleep(0.1)

    def kill(self) -> None:
        """End it, and leave nothing of it."""
        self.process.kill()
        self.process.wait()
        for port in self._ports.values():
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                path.unlink(missing_ok=True)
        shutil.rmtree(self.folder)
