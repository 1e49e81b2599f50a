"""A drop that holds far more than it seems fails alone, within seconds, and says why; the good one beside it loads."""

import gzip
import json
import time
from pathlib import Path

import pytest

from ads_pipeline.pipeline.ledger import read_ledger
from tests.engine.conftest import Home, event

pytestmark = pytest.mark.each_engine


def test_a_bomb_fails_alone(home: Home) -> None:
    folder = Path(home.settings.landing)
    (folder / "a.ndjson.gz").write_bytes(gzip.compress(b"0\n" * 31_000_000))
    (folder / "b.ndjson.gz").write_bytes(gzip.compress(json.dumps(event(1)).encode() + b"\n"))
    (folder / "c.ndjson.gz").write_bytes(gzip.compress(bytes(b"x" * 300_000_000)))
    started = time.monotonic()
    report = home.ingest()
    assert time.monotonic() - started < 30
    assert (report.counts.accepted, report.counts.quarantined) == (1, 0)
    found = {row["drop"]: (row["status"], row["error"]) for row in read_ledger(home.warehouse)}
    assert found["b.ndjson.gz"] == ("loaded", "")
    for name in ("a.ndjson.gz", "c.ndjson.gz"):
        status, error = found[name]
        assert status == "failed"
        assert "ADS_DROP_MAX_RATIO" in error
        assert "ads drops retry" in error


def test_an_id_that_every_line_has(home: Home) -> None:
    """As when a source takes the wrong column for the id: what it costs grows with the lines, not with their square."""
    lines = [json.dumps(event(1, cost=str(number // 2 % 3))) for number in range(200_000)]
    (Path(home.settings.landing) / "a.ndjson").write_text("\n".join(lines) + "\n")
    counts = home.ingest().counts
    assert (counts.accepted, counts.duplicates, counts.corrections) == (1, 100_000, 99_999)
    assert home.ask("SELECT cost FROM events_current") == [{"cost": 99_999 % 3}]
