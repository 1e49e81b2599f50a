"""The production stack: from nothing to a rollup, without secrets in sight, exact after crashes that nobody helps with."""

import os
import subprocess
import time
from typing import Any

import httpx
import pytest

from ads_pipeline.api.keys import make_key
from tests.deploy.load import Load, settle
from tests.deploy.stack import SERVICES, Stack, eventually, output

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(3600)]

SECRETS = ("clickhouse_password", "postgres_password", "s3_secret_key", "ui_password", "first_api_key")

AWAY = int(os.environ.get("ADS_DEPLOY_AWAY", "300"))
"""Seconds that ClickHouse is away."""


def health(stack: Stack) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for container in stack.containers():
        found.setdefault(container["Config"]["Labels"]["com.docker.compose.service"], []).append(container["State"]["Health"]["Status"])
    return found


def all_healthy(stack: Stack) -> bool:
    states = health(stack)
    assert all(state == "healthy" for found in states.values() for state in found), states
    return set(states) == set(SERVICES)


def test_events_become_a_rollup_and_the_ui_wants_a_login(stack: Stack) -> None:
    assert httpx.get(f"{stack.ui}/server_info").status_code == 401
    assert httpx.get(f"{stack.ui}/server_info", auth=("ads", "ads")).status_code == 401
    assert httpx.get(f"{stack.api}/metrics").status_code == 401
    assert httpx.post(f"{stack.api}/v1/events", json=[]).status_code == 401
    with Load(stack, "first") as load:
        time.sleep(5)
    settle(load)
    eventually(lambda: all_healthy(stack), 300, "not every service is healthy")
    runs = stack.graphql('{ runsOrError(filter: {pipelineName: "ingest"}) { ... on Runs { results { status } } } }')
    assert "SUCCESS" in {run["status"] for run in runs["runsOrError"]["results"]}


def test_containers_are_confined(stack: Stack) -> None:
    for container in stack.containers():
        name, host = container["Name"], container["HostConfig"]
        assert container["Config"]["User"] not in ("", "root", "0"), name
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"], name
        assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"]), name
        assert host["Memory"], name
        assert host["PidsLimit"], name
        assert host["LogConfig"]["Config"]["max-size"], name
        published = [ports for ports in (container["NetworkSettings"]["Ports"] or {}).values() if ports]
        assert bool(published) == ("nginx" in name), name


def test_no_secret_is_in_the_image_the_containers_or_their_logs(stack: Stack) -> None:
    ids = stack.compose("ps", "-q").split()
    texts = {
        "docker inspect": output("docker", "inspect", *ids),
        "the image": output("docker", "history", "--no-trunc", stack.environment["ADS_IMAGE"]),
        "the logs": stack.compose("logs", "--no-color"),
    }
    for where, text in texts.items():
        for name in SECRETS:
            assert stack.secret(name) not in text, f"{name} stands in {where}"


def test_no_client_makes_up_its_address_and_a_key_comes_and_goes_without_a_restart(stack: Stack) -> None:
    key, entry = make_key("guest", ("read-drops",))
    forged = {"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7", "Authorization": f"Bearer {key}"}
    file = stack.secrets / "api_keys"
    before = file.read_text()

    def answers(status: int) -> bool:
        return {httpx.get(f"{stack.api}/v1/drops", headers=forged).status_code for _ in range(20)} == {status}

    assert answers(401)
    with file.open("a") as keys:
        keys.write(f"\n{entry}\n")
    eventually(lambda: answers(200), 30, "the new key is not taken")
    with file.open("r+") as keys:
        keys.truncate(len(before))
    eventually(lambda: answers(401), 30, "the key is not refused")
    log = stack.compose("logs", "--no-color", "api")
    assert "refused a stranger from " in log
    assert "203.0.113.7" not in log


def test_each_service_is_killed_in_turn_under_load(stack: Stack) -> None:
    with Load(stack, "killed") as load:
        for service in SERVICES:
            before = [container["State"]["StartedAt"] for container in stack.containers(service)]
            stack.crash(service)

            def is_back(service: str = service, before: list[Any] = before) -> bool:
                now = [container["State"] for container in stack.containers(service)]
                return len(now) == len(before) and all(
                    state["Health"]["Status"] == "healthy" and state["StartedAt"] not in before for state in now
                )

            eventually(is_back, 300, f"{service} does not come back")
            print(f"{service} is back, {load.acknowledged} events acknowledged")
    settle(load)


def test_the_stack_goes_down_and_up_in_the_middle_of_a_run(stack: Stack) -> None:
    under_way = "{ runsOrError(filter: {statuses: [STARTED]}) { ... on Runs { results { runId jobName } } } }"
    with Load(stack, "restarted") as load:
        eventually(lambda: stack.graphql(under_way)["runsOrError"]["results"], 300, "no run begins")
        stack.make("down")
        print(stack.make("up"))
    settle(load)


def test_clickhouse_is_away_for_minutes(stack: Stack) -> None:
    with Load(stack, "away") as load:
        stack.compose("pause", "clickhouse")
        time.sleep(AWAY / 2)
        stack.compose("unpause", "clickhouse")
        stack.compose("stop", "clickhouse")
        time.sleep(AWAY / 2)
        stack.compose("start", "clickhouse")
        before = load.acknowledged
        time.sleep(5)
        assert load.acknowledged > before > 0
    settle(load)


def test_a_backup_is_restored_and_what_landed_since_is_loaded_again(stack: Stack) -> None:
    with Load(stack, "kept") as kept:
        time.sleep(5)
    settle(kept)
    stack.environment["BACKUP"] = "tested"
    assert stack.make("backup").split()[-1] == "tested"
    with Load(stack, "later") as later:
        time.sleep(5)
    settle(later)
    stack.make("restore")
    settle(kept)
    settle(later)
    assert "passed" in stack.compose("run", "--rm", "-T", "init", "check", "--json")


def test_purge_asks_first(stack: Stack) -> None:
    told: dict[str, Any] = {"cwd": stack.folder, "env": stack.environment | {"CONFIRM": ""}, "input": "no\n"}
    asked = subprocess.run(["make", "purge"], check=False, capture_output=True, text=True, **told)
    assert asked.returncode
    assert "nothing was removed" in asked.stdout
    assert len(stack.containers()) >= len(SERVICES)
