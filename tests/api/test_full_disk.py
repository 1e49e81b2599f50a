"""A disk that is really full: a small file system of its own, in a mount namespace that the service alone has."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import Service, event
from tests.commands import ADS
from tests.compression import zstd
from tests.waiting import wait_until

CAN_MOUNT = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False).returncode == 0

MIB = 1 << 20


def landed(home: Path) -> list[str]:
    """The ids of all events in drops."""
    texts = [zstd.decompress(path.read_bytes()).decode() for path in (home / "landing").rglob("*.zst") if path.name[0] != "."]
    return [json.loads(line)["event_id"] for text in texts for line in text.splitlines()]


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filling:
        while filling.write(bytes(MIB)):
            pass


@pytest.mark.further
@pytest.mark.skipif(not CAN_MOUNT, reason="this user may not mount a file system")
def test_what_was_acknowledged_leaves_a_full_disk_and_nothing_is_acknowledged_that_did_not_fit(
    serve: Callable[..., Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "ads"
    mounting = f'mount -t tmpfs -o size=192m none {tmp_path}/service && exec {ADS} "$@"'
    script.write_text(f"#!/bin/sh\nexec unshare -m sh -c '{mounting}' ads \"$@\"\n")
    script.chmod(0o755)
    monkeypatch.setattr("tests.api.conftest.ADS", str(script))
    service = serve("--open", seal_age="2s", api_rate="0")
    home = Path(f"/proc/{service.process.pid}/root") / service.home.relative_to("/")
    wait_until((home / "spool" / "ballast").exists)
    acknowledged: list[str] = []

    def send(number: int) -> int:
        sent = [event(f"{number}-{place}", ad_id=os.urandom(40).hex()) for place in range(500)]
        status = httpx.post(f"{service.url}/v1/events", json=sent).status_code
        if status == 202:
            acknowledged.extend(str(one["event_id"]) for one in sent)
        return status

    assert send(0) == 202
    with pytest.raises(OSError, match="No space"):
        fill(home / "filling")
    statuses = [send(number) for number in range(1, 30)]
    assert set(statuses) <= {202, 507}
    assert 507 in statuses
    wait_until(lambda: httpx.get(f"{service.url}/readyz").status_code == 503)
    assert "disk space" in httpx.get(f"{service.url}/readyz").json()["detail"]
    (home / "filling").unlink()
    wait_until(lambda: send(1000) == 202)
    wait_until(lambda: sorted(landed(home)) == sorted(acknowledged))
    service.stop()
    assert "Traceback" not in service.log
