"""One request, or one client, never stops others. tests/unit/test_judgement.py has what is judged where."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key
from ads_pipeline.settings import load_settings
from tests.api.attacks import ATTACKS, BRACES, HOLDS, many_keys
from tests.api.conftest import Service, event
from tests.waiting import wait_until

GZIP = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
ROOT = Path(__file__).parents[2]
JUDGING = b"judging_process"
SECONDS = 3


def client(home: Path, **settings: Any) -> TestClient:
    return TestClient(create_app(load_settings(home=home, **({"api_open": "loopback"} | settings))), raise_server_exceptions=False)


def judging_processes() -> list[int]:
    """Those that this process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid() and JUDGING in path.with_name("cmdline").read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def test_a_small_request_gets_no_large_answer_and_lands_whole(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        answer = service.post("/v1/events", content=BRACES, headers=GZIP)
        keys = {"Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"}
        many = service.post("/v1/events", content=many_keys(2), headers=keys).json()
    assert (answer.status_code, len(answer.json()["rejected"]), answer.json()["also_rejected"]) == (422, 100, 9_899)
    assert len(answer.content) < 20_000
    assert many["rejected"][0]["reasons"][-1] == "invalid:attributes"
    assert len(many["rejected"]) == 2


def test_a_judging_process_that_dies_is_started_again(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        assert service.post("/v1/events", content=gzip.compress(b"[" + b"{}," * 20 + b"{}]"), headers=GZIP).status_code == 422
        (process,) = judging_processes()
        os.kill(process, signal.SIGKILL)
        wait_until(lambda: process not in judging_processes())
        answers = [service.post("/v1/events", json=[event(1, more=1)] * 20).status_code for _ in range(2)]
    assert answers[-1] == 202
    assert set(answers) <= {202, 503}
    assert judging_processes() == []


def test_strangers_are_limited_and_keys_are_not_by_them(tmp_path: Path) -> None:
    key, entry = make_key("bi", ("read-drops",))
    with client(tmp_path, api_keys=entry, api_open="", api_stranger_rate=2) as service:
        answers = [service.get("/openapi.json").status_code for _ in range(9)]
        assert answers[:6] == [200] * 6
        assert 429 in answers
        assert service.get("/v1/drops", headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_readiness_tells_strangers_no_paths(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with client(tmp_path) as service:
        assert service.get("/readyz").status_code == 200
        (tmp_path / "landing").rmdir()
        wait_until(lambda: service.get("/readyz").status_code == 503)
        answer = service.get("/readyz")
        (tmp_path / "landing").mkdir()
    assert "the landing store cannot be reached" in answer.json()["detail"]
    assert str(tmp_path) not in answer.text
    assert str(tmp_path / "landing") in capfd.readouterr().err


def test_events_over_their_rate_are_waited_for(tmp_path: Path) -> None:
    with client(tmp_path, api_rate_events=100) as service:
        assert service.post("/v1/events", json=[event(number) for number in range(300)]).status_code == 202
        assert service.post("/v1/events", json=event(1)).status_code == 429


def held(kind: str, service: Service, seconds: float, address: str = "127.0.0.1") -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.api.attacks", kind, str(service.port), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"ADS_TEST_ADDRESSES": address})


@pytest.mark.further
@pytest.mark.parametrize("kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind not in ("idle", "bodies"))) for kind in HOLDS])
def test_connections_that_are_held_keep_nobody_out(serve: Callable[..., Service], kind: str) -> None:
    service = serve("--open", api_connections="200", api_memory="33554432")
    with held(kind, service, 6) as holding:
        time.sleep(2)
        for _ in range(20):
            assert httpx.post(f"{service.url}/v1/events", json=[event(number) for number in range(1000)]).status_code == 202
        descriptors = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
        assert holding.wait(30) == 0
    assert descriptors < 200 + 60  # connections, and files


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*ATTACKS, *HOLDS])
def test_good_clients_keep_their_throughput(serve: Callable[..., Service], kind: str) -> None:
    """Good requests answered in a second under attack, by those without, as anybody would count them: the median of five pairs.

    Default settings. Attackers have an address of their own, and good clients send nearly what one address may. They all run on the
    service's own cores, so that what the attackers themselves take counts too.
    """
    service = serve("--open", "--workers", "2", log_level="WARNING")

    def answered() -> int:
        with held("good", service, SECONDS) as good:
            answers = json.loads(good.communicate()[0].splitlines()[-1])
        assert answers.keys() == {"202"}
        return int(answers["202"])

    answered()
    left = []
    for _ in range(5):
        alone = answered()
        with held(kind, service, 600, "127.0.0.2") as attack:
            try:
                time.sleep(2)
                left.append(answered() / alone)
            finally:
                attack.kill()
            told = attack.communicate()[0].splitlines()
    print(f"{kind}: {median(left):.2f} of {[round(share, 2) for share in left]}; attackers counted {told[-1:]}")
    assert median(left) >= 0.7
