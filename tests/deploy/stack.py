"""The stack of docker-compose.yml from a clone of its own: its commands, its containers, and crashes of them."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.servers import free_ports

ROOT = Path(__file__).parents[2]

IMAGES = {
    "PYTHON_IMAGE": "python:3.11-slim",
    "CLICKHOUSE_IMAGE": "clickhouse/clickhouse-server:24.10-alpine",
    "OBJECTS_IMAGE": "chrislusf/seaweedfs:4.48",
    "POSTGRES_IMAGE": "postgres:17-bookworm",
    "NGINX_IMAGE": "nginx:1.28",
}
"""The variables of base images, with the defaults of the compose file."""

SERVICES = ("clickhouse", "objects", "postgres", "code", "webserver", "daemon", "api", "nginx")


def output(*command: str, **options: Any) -> str:
    """What a command prints; a failure is an error with its output."""
    done: subprocess.CompletedProcess[str] = subprocess.run(command, check=False, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def engine_answers() -> bool:
    """Whether there is a Docker engine, with Compose."""
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "info"], check=False, capture_output=True).returncode == 0


def image(variable: str) -> str:
    """The image that the environment names; else the default; on a machine that cannot pull it, another tag of it that is there."""
    default = IMAGES[variable]
    if os.environ.get(variable):
        return os.environ[variable]
    for command in (["docker", "image", "inspect", default], ["docker", "pull", "-q", default]):
        if subprocess.run(command, check=False, capture_output=True, timeout=600).returncode == 0:
            return default
    tags = output("docker", "images", default.partition(":")[0], "--format", "{{.Repository}}:{{.Tag}}").split()
    assert tags, f"{default} cannot be pulled, and there is no other image of that name: set {variable}"
    return tags[0]


class Stack:
    """A clone in a folder, and the stack that it starts."""

    def __init__(self, folder: Path, project: str = "ads-deploy-test") -> None:
        self.folder, self.secrets = folder, folder / "secrets"
        api, ui = free_ports(2)
        self.api, self.ui = f"http://127.0.0.1:{api}", f"http://127.0.0.1:{ui}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ADS_", "AWS_", "LOG_LEVEL"))},
            **{variable: image(variable) for variable in IMAGES},
            "COMPOSE_PROJECT_NAME": project,
            "ADS_IMAGE": "ads-pipeline:deploy-test",
            "BUILD_NETWORK": "host",
            "ADS_API_PORT": str(api),
            "ADS_UI_PORT": str(ui),
            "API_WORKERS": "2",
            "CONFIRM": "yes",
        }

    def clone(self) -> None:
        """The files that are committed or would be, as they are now."""
        names = output("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT).split("\0")
        for name in filter(None, names):
            if (ROOT / name).exists():
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, path)

    def make(self, target: str) -> str:
        """Run `make TARGET`."""
        return output("make", "--no-print-directory", target, cwd=self.folder, env=self.environment)

    def compose(self, *arguments: str) -> str:
        """Run compose."""
        return output("sh", "docker/compose.sh", *arguments, cwd=self.folder, env=self.environment)

    def secret(self, name: str) -> str:
        """A secret's text."""
        return (self.secrets / name).read_text().strip()

    def containers(self, service: str = "") -> list[dict[str, Any]]:
        """What `docker inspect` says of the containers of a service, or of all that are to keep running."""
        ids = self.compose("ps", "-q", *([service] if service else SERVICES)).split()
        found: list[dict[str, Any]] = json.loads(output("docker", "inspect", *ids)) if ids else []
        return found

    def crash(self, service: str) -> None:
        """Kill the containers of a service from outside, as the kernel does: the engine is not asked, and restarts them by itself."""
        for container in self.containers(service):
            self.python(f"import os; os.kill({container['State']['Pid']}, 9)", "--pid", "host", "--cap-add", "KILL")

    def python(self, code: str, *options: str) -> str:
        """Run Python in a container of the image, as root, with these options of `docker run`."""
        return output(
            "docker", "run", "--rm", "--user", "0", "--entrypoint", "python3", *options, self.environment["ADS_IMAGE"], "-c", code
        )

    def read(self, **parameters: str) -> list[dict[str, Any]]:
        """A rollup, through nginx."""
        answer = httpx.get(f"{self.api}/v1/rollups/campaign_daily", params=parameters, headers=self.key(), timeout=60)
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()
        return rows

    def key(self) -> dict[str, str]:
        """The header with the first API key."""
        return {"Authorization": f"Bearer {self.secret('first_api_key')}"}

    def graphql(self, query: str) -> Any:
        """Ask Dagster's webserver, through nginx with its login."""
        login = ("ads", self.secret("ui_password"))
        answer = httpx.post(f"{self.ui}/graphql", json={"query": query}, auth=login, timeout=60)
        answer.raise_for_status()
        return answer.json()["data"]


def eventually(holds: Callable[[], Any], seconds: float, message: str) -> Any:
    """What a call gives once it is true; errors of a service that is away are waited out."""
    until, last = time.monotonic() + seconds, ""
    while time.monotonic() < until:
        try:
            if found := holds():
                return found
        except (httpx.HTTPError, AssertionError, KeyError) as error:
            last = f"{type(error).__name__}: {error}"
        time.sleep(2)
    raise AssertionError(f"{message} ({last})")
