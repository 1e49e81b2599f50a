"""A real S3 server (SeaweedFS) with a fresh prefix for every test, and a proxy that makes it misbehave."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import S3Store

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import Report, ingest
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse
from tests.buckets import BUCKET, BucketServer, bucket_at, variables_at
from tests.engines import cluster, engine, server
from tests.made import put_database
from tests.proxies import Proxy, proxy_before

__all__ = ["cluster", "engine", "server"]


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running S3 server."""
    bucket_server = BucketServer(tmp_path_factory.mktemp("s3")).start()
    yield bucket_server.url
    bucket_server.kill()


class Landing:
    """A landing URL of its own; lands drops there past any proxy."""

    def __init__(self, url: str, bucket: S3Store) -> None:
        self.url, self.bucket = url, bucket
        self.prefix = url.split("/", 3)[3]

    def land(self, name: str, *events: dict[str, Any] | str) -> None:
        lines = (line if isinstance(line, str) else json.dumps(line) for line in events)
        self.put(name, "".join(f"{line}\n" for line in lines).encode())

    def put(self, name: str, content: bytes) -> None:
        obstore.put(self.bucket, f"{self.prefix}/{name}", content)

    def remove(self, name: str) -> None:
        obstore.delete(self.bucket, f"{self.prefix}/{name}")


class Home(Landing):
    """Lands drops, ingests them, and asks the database."""

    def __init__(self, landing: Landing, settings: Settings, warehouse: Warehouse) -> None:
        super().__init__(landing.url, landing.bucket)
        self.settings, self.warehouse = settings, warehouse

    def ingest(self) -> Report:
        return ingest(begin_run(self.warehouse, self.settings), open_store(self.settings))

    def ask(self, sql: str) -> list[dict[str, Any]]:
        return self.warehouse.rows(Sql(sql))


@pytest.fixture
def landing(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Landing:
    """An empty prefix of the bucket, with the variables that open it."""
    for name, value in variables_at(endpoint).items():
        monkeypatch.setenv(name, value)
    return Landing(f"s3://{BUCKET}/{uuid.uuid4().hex}", bucket_at(endpoint))


@pytest.fixture
def home(landing: Landing, tmp_path: Path, engine: str) -> Iterator[Home]:
    """A home whose drops land there."""
    settings = load_settings(home=tmp_path, landing_url=landing.url)
    put_database(settings)
    with open_warehouse(settings, write=True) as warehouse:
        yield Home(landing, settings, warehouse)


@pytest.fixture
def proxy(landing: Landing, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The store's endpoint from here on."""
    with proxy_before(endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy
