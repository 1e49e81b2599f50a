"""Keys, scopes and rate limits over HTTP; `ads key` and `ads serve`. tests/unit/test_access.py has the rules."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import make_key, read_keys
from ads_pipeline.settings import load_settings
from tests.api.conftest import event
from tests.commands import ads


def test_scopes(tmp_path: Path) -> None:
    (writer, entry), (reader, other) = make_key("shop", ("write",)), make_key("bi", ("read-drops", "read-analytics"))
    app = create_app(load_settings(home=tmp_path, api_keys=f"{entry} {other}"))
    with TestClient(app) as service:

        def statuses(key: str | None) -> list[int]:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            return [
                service.post("/v1/events", json=event(1), headers=headers).status_code,
                service.get("/v1/drops", headers=headers).status_code,
                service.get("/v1/rollups", headers=headers).status_code,
            ]

        assert statuses(writer) == [202, 403, 403]
        assert statuses(reader) == [403, 200, 200]
        assert statuses(None) == [401, 401, 401]
        assert statuses("guess") == [401, 401, 401]
        assert statuses(entry.rpartition(":")[2]) == [401, 401, 401]
        assert service.get("/v1/drops").headers["www-authenticate"] == "Bearer"
        assert [service.get(path).status_code for path in ("/healthz", "/readyz", "/metrics", "/docs", "/")] == [200] * 5


def test_a_rate_is_held_for_each_key(tmp_path: Path) -> None:
    (slow, entry), (other, more) = make_key("a", ("write",)), make_key("b", ("write",))
    with TestClient(create_app(load_settings(home=tmp_path, api_keys=f"{entry},{more}", api_rate=3))) as service:
        answers = [service.post("/v1/events", json=event(1), headers={"Authorization": f"Bearer {slow}"}) for _ in range(8)]
        assert [answer.status_code for answer in answers[:3]] == [202] * 3
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert service.post("/v1/events", json=event(1), headers={"Authorization": f"Bearer {other}"}).status_code == 202


def test_serve_refuses_to_be_open_unasked(tmp_path: Path) -> None:
    refused = ads(tmp_path, "serve", "--port", "0")
    assert (refused.returncode, "make one with `ads key`" in refused.stderr) == (2, True)
    refused = ads(tmp_path, "serve", "--open", "--host", "0.0.0.0")
    assert (refused.returncode, "0.0.0.0 is not one" in refused.stderr) == (2, True)


def test_the_key_command_prints_an_entry_that_works(tmp_path: Path) -> None:
    made = ads(tmp_path, "key", "shop", "--scope", "write", "--scope", "read-drops")
    key, entry = (line.split()[-1] for line in made.stdout.splitlines())
    assert key not in entry
    (client,) = read_keys(load_settings(api_keys=entry))
    assert (client.name, client.scopes) == ("shop", frozenset({"write", "read-drops"}))
    assert ads(tmp_path, "key", "a b", "--scope", "write").returncode == 2


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/events", "POST"),
        ("PUT", "/v1/events", "POST"),
        ("HEAD", "/v1/drops", "GET"),
        ("HEAD", "/v1/rollups", "GET"),
        ("HEAD", "/healthz", "GET"),
        ("POST", "/v1/rollups/campaign_daily", "GET"),
    ],
)
def test_a_method_that_is_not_taken(tmp_path: Path, method: str, path: str, allowed: str) -> None:
    with TestClient(create_app(load_settings(home=tmp_path, api_open="loopback"))) as service:
        answer = service.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or answer.json()["detail"] == f"{path} does not support {method}; allowed: {allowed}"
