"""Every volume of the stack is full for a while: what was acknowledged is exact when there is room again, and nobody helps."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.deploy.load import Load, settle
from tests.deploy.stack import Stack, engine_answers, output

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(3600)]

SIZES = {"clickhouse": "1g", "objects": "3g", "postgres": "512m", "dagster": "256m", "spool": "256m"}
"""Volumes in memory, as small disks. The object storage keeps 1 GiB free."""

FULL_SECONDS = 60


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack on small volumes; a container that sleeps keeps them mounted, so that they outlive the stack's containers."""
    if not engine_answers():
        pytest.skip("there is no Docker engine: the tests of the stack need one, with Compose")
    stack = Stack(tmp_path_factory.mktemp("small"), "ads-deploy-full")
    stack.clone()
    volumes = {name: {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": f"size={size},mode=1777"}} for name, size in SIZES.items()}
    (stack.folder / "small.json").write_text(json.dumps({"version": "3.8", "volumes": volumes}))
    stack.environment["COMPOSE_FILE"] = "docker-compose.yml:small.json"
    keeper = ""
    try:
        print(stack.make("up"))
        keeper = output("docker", "run", "-d", "--entrypoint", "sleep", *mounts(), stack.environment["ADS_IMAGE"], "infinity").strip()
        yield stack
    finally:
        if keeper:
            output("docker", "rm", "-f", keeper)
        stack.make("purge")


def mounts() -> list[str]:
    return [word for name in SIZES for word in ("-v", f"ads-deploy-full_{name}:/disks/{name}")]


FILL = """
import pathlib
for disk in pathlib.Path("/disks").iterdir():
    with open(disk / "fill", "wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)): pass
        except OSError:
            pass
"""

EMPTY = "import pathlib; [file.unlink() for file in pathlib.Path('/disks').glob('*/fill')]"


def test_every_disk_is_full_for_a_while(stack: Stack) -> None:
    with Load(stack, "full") as load:
        time.sleep(20)
        stack.python(FILL, *mounts())
        before = load.acknowledged
        time.sleep(FULL_SECONDS)
        print(f"{before} events acknowledged before the disks were full, {load.acknowledged - before} while they were")
        stack.python(EMPTY, *mounts())
        time.sleep(20)
    settle(load)
