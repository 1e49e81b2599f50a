"""Endpoints, a home that loads from one, and pauses that nobody waits for."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ads_pipeline import retrying
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.engine.conftest import Home, event
from tests.landing.endpoints import BAD, GOOD, TOKEN, Endpoint


@pytest.fixture
def make_endpoint() -> Iterator[Callable[[], Endpoint]]:
    started: list[Endpoint] = []

    def make() -> Endpoint:
        started.append(Endpoint())
        threading.Thread(target=started[-1].serve_forever, args=(0.02,), daemon=True).start()
        return started[-1]

    yield make
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def endpoint(make_endpoint: Callable[[], Endpoint]) -> Endpoint:
    """With a drop that is as it should be, and one for a test to spoil."""
    found = make_endpoint()
    found.land(GOOD, event(1))
    found.land(BAD, event(2), event(3))
    return found


@pytest.fixture
def home(endpoint: Endpoint, tmp_path: Path) -> Iterator[Home]:
    settings = load_settings(home=tmp_path, landing_url=endpoint.url, landing_token=TOKEN)
    with open_warehouse(settings, write=True) as warehouse:
        yield Home(settings, warehouse)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which tests do not wait for."""
    found: list[float] = []
    monkeypatch.setattr(retrying, "time", SimpleNamespace(monotonic=time.monotonic, sleep=found.append))
    return found
