"""A service as people run it: `ads serve` in a process of its own."""

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.folder import embedded_folder
from tests.commands import ADS, environment_of
from tests.waiting import wait_until


class Service:
    """`ads serve` of a home; `variables` are further ADS_ settings."""

    def __init__(self, home: Path, *arguments: str, **variables: str) -> None:
        self.home, self.arguments, self.variables = home, arguments, variables
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        environment = environment_of(self.home, **self.variables)
        with (self.home.parent / f"{self.home.name}.log").open("a") as log:
            self.process = subprocess.Popen(
                [ADS, "serve", "--port", str(self.port), *self.arguments], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(300):
            try:
                httpx.get(f"{self.url}/healthz")
                return
            except httpx.TransportError:
                assert self.process.poll() is None, self.log
                time.sleep(0.1)
        raise AssertionError(self.log)

    def kill(self) -> None:
        """All its processes, by SIGKILL."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    @property
    def log(self) -> str:
        return (self.home.parent / f"{self.home.name}.log").read_text()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts services, and kills them in the end."""
    started: list[Service] = []

    def start(*arguments: str, home: str = "service", **variables: str) -> Service:
        (tmp_path / home).mkdir(exist_ok=True)
        started.append(Service(tmp_path / home, *arguments, **variables))
        return started[-1]

    yield start
    for service in started:
        if service.process.poll() is None:
            service.kill()


def event(number: int | str, **fields: Any) -> dict[str, Any]:
    """A valid event of today."""
    time_of = time.strftime("%Y-%m-%dT00:00:01Z", time.gmtime())
    return {"event_id": f"e{number}", "event_time": time_of, "event_type": "click", "campaign_id": "c1", "cost": 0.25} | fields


@contextmanager
def busy(home: Path) -> Iterator[None]:
    """Another process has the embedded engine, which it waits for."""
    file = embedded_folder(load_settings(home=home, clickhouse_dsn="").dsn) / "status"
    wait_until(lambda: not file.exists())  # the reader lets go
    with file.open("w") as status:
        fcntl.flock(status, fcntl.LOCK_EX)
        yield
