"""A drop that holds far more than it seems fails alone, within seconds, and says why; the good one beside it loads."""

import gzip
import json
import os
import resource
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
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


@pytest.mark.further
def test_a_line_of_3_gb_a_parquet_bomb_and_what_is_no_file_fail_alone(home: Home) -> None:
    """Each names the bound that it exceeds; the memory of this process, chDB's included, hardly grows."""
    folder = Path(home.settings.landing)
    home.land("a.ndjson", event(1))
    with (folder / "b.ndjson").open("wb") as file:
        file.write(b"{}\n")
        file.truncate(3 << 30)
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["x" * 1_000_000])
    pq.write_table(pa.table({"event_id": column}), folder / "c.parquet")  # 100 GB
    os.mkfifo(folder / "d.ndjson")
    (folder / "e.ndjson").symlink_to("/dev/zero")
    (folder / "f.ndjson").symlink_to("/etc/passwd")
    home.land("g.ndjson", event(2))
    peak, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    report = home.ingest()
    took, grown = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    print(f"{took:.1f} s, {grown >> 10} MiB")
    assert report.counts.accepted == 2
    found = {row["drop"]: (row["status"], row["error"]) for row in read_ledger(home.warehouse)}
    assert [name for name, (status, _) in found.items() if status == "loaded"] == ["a.ndjson", "g.ndjson"]
    assert "ADS_DROP_MAX_LINE" in found["b.ndjson"][1]
    assert "ADS_DROP_MAX_" in found["c.parquet"][1]
    assert found.keys() == {"a.ndjson", "b.ndjson", "c.parquet", "g.ndjson"}
    assert took < 60
    assert grown < 600 << 10  # KiB


def test_an_id_that_every_line_has(home: Home) -> None:
    """As when a source takes the wrong column for the id: what it costs grows with the lines, not with their square."""
    lines = [json.dumps(event(1, cost=str(number // 2 % 3))) for number in range(200_000)]
    (Path(home.settings.landing) / "a.ndjson").write_text("\n".join(lines) + "\n")
    counts = home.ingest().counts
    assert (counts.accepted, counts.duplicates, counts.corrections) == (1, 100_000, 99_999)
    assert home.ask("SELECT cost FROM events_current") == [{"cost": 99_999 % 3}]
