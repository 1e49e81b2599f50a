"""`ads ingest --watch`: what lands is loaded without another command, until Ctrl-C."""

import json
import signal
from datetime import UTC, datetime
from pathlib import Path

from tests.commands import ads, start


def land(home: Path, name: str) -> None:
    """Land a drop of one click."""
    folder = home / "landing" / "events"
    folder.mkdir(parents=True, exist_ok=True)
    event = {"event_id": name, "event_time": datetime.now(UTC).isoformat(), "event_type": "click", "campaign_id": "c1"}
    (folder / f"{name}.ndjson").write_text(json.dumps(event) + "\n")


def test_what_lands_is_loaded_until_ctrl_c_and_others_may_write_in_between(tmp_path: Path) -> None:
    assert ads(tmp_path, "init").returncode == 0
    land(tmp_path, "a")
    process = start(tmp_path, "ingest", "--watch")
    assert process.stdout
    try:
        assert process.stdout.readline().startswith("1 drops, 1 lines: 1 accepted")
        land(tmp_path, "b")
        assert process.stdout.readline().startswith("1 drops, 1 lines: 1 accepted")
        (tmp_path / "landing" / "events" / "c.ndjson.gz").write_bytes(b"no gzip")
        assert process.stdout.readline().startswith("0 drops, 0 lines")
        found = ads(tmp_path, "query", "campaign_daily", "--metric", "clicks", "--json")
        assert [row["clicks"] for row in json.loads(found.stdout)] == [2]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, "failed: events/c.ndjson.gz: " in errors) == (130, True)
    finally:
        process.kill()
        process.communicate()


def test_a_part_of_what_lands_cannot_be_watched(tmp_path: Path) -> None:
    refused = ads(tmp_path, "ingest", "--watch", "--limit", "5")
    assert (refused.returncode, "leave --limit and --whole out" in refused.stderr) == (2, True)
