"""A drop is cut off and written again while it is read: the run goes on, and what the drop holds in the end is loaded."""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from ads_pipeline.errors import DropError
from ads_pipeline.landing import Drop, open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.ledger import read_ledger
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from tests.compression import zstd
from tests.engine.conftest import Home, assert_green, event
from tests.made import put_database

COUNT = 150_000
INGEST = [sys.executable, "-c", "import sys; from ads_pipeline.cli import main; sys.argv = ['ads', 'ingest', '--json']; main()"]


def lines(count: int) -> bytes:
    line = json.dumps(event(0) | {"event_id": "e%07d"}).encode()
    return b"".join(line % number + b"\n" for number in range(count))


def table(content: bytes) -> pa.Table:
    """The same events in columns."""
    return pa.Table.from_pylist([json.loads(line) for line in content.splitlines()])


def arrow(content: bytes) -> bytes:
    """An Arrow file of many batches."""
    rows, sink = table(content), pa.BufferOutputStream()
    with pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=1_000)
    return bytes(sink.getvalue())


def parquet(content: bytes) -> bytes:
    """Parquet of many row groups."""
    sink = pa.BufferOutputStream()
    pq.write_table(table(content), sink, row_group_size=5_000)
    return bytes(sink.getvalue())


KINDS: dict[str, Callable[[bytes], bytes]] = {
    "a.ndjson": bytes,
    "a.ndjson.gz": lambda content: gzip.compress(content, 1),
    "a.ndjson.zst": lambda content: zstd.compress(content, 1),
    "a.arrow": arrow,
    "a.parquet": parquet,
}
"""A drop's name and what its bytes are, of its lines."""


@pytest.mark.further
@pytest.mark.parametrize("name", KINDS)
def test_a_drop_that_is_overwritten_in_place_ends_no_run(name: str, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    put_database(settings)
    path, whole = Path(settings.landing) / name, KINDS[name](lines(COUNT))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(whole)
    variables = os.environ | {"ADS_HOME": str(tmp_path)}
    with subprocess.Popen(INGEST, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        until = time.monotonic() + 120
        while run.poll() is None:
            path.write_bytes(whole[: len(whole) // 3])
            path.write_bytes(whole)
            if time.monotonic() > until:
                run.kill()
        errors = run.stderr.read() if run.stderr else ""
        assert run.returncode in (0, 1), (run.returncode, errors)
    with open_warehouse(settings, write=True) as warehouse:
        ingest(begin_run(warehouse, settings), open_store(settings))
        assert [(row["status"], row["accepted"]) for row in read_ledger(warehouse)] == [("loaded", COUNT)]
        assert warehouse.value(Sql("SELECT count() FROM events FINAL")) == COUNT
        assert_green(Home(settings, warehouse))


@pytest.mark.each_engine
@pytest.mark.parametrize("meanwhile", [b"", gzip.compress(lines(3))[:-9]], ids=["empty", "cut off"])
def test_a_drop_that_is_copied_anew_with_its_time_is_read_again(meanwhile: bytes, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by `cp -p`: its size and its time are what they were, and a run has read what it was in between."""
    path, content = Path(home.settings.landing) / "a.ndjson.gz", gzip.compress(lines(3))
    path.write_bytes(content)
    status, fetch, is_current = path.stat(), home.store.fetch, home.store.is_current

    def cut(drops: Sequence[Drop], folder: Path) -> dict[str, Path | DropError]:
        found = fetch(drops, folder)
        path.write_bytes(meanwhile)
        return found

    def whole_again(drop: Drop) -> bool:
        path.write_bytes(content)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return is_current(drop)

    with monkeypatch.context() as patched:
        patched.setattr(home.store, "fetch", cut)
        patched.setattr(home.store, "is_current", whole_again)
        assert "changed while it was read" in home.ingest().errors["a.ndjson.gz"]
    assert home.ingest().counts.accepted == 3
    assert_green(home)
