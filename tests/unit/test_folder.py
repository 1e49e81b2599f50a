"""The folder of an embedded engine: who holds it is named, who waits is heard."""

import fcntl
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ads_pipeline.errors import TransientError
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.folder import embedded_folder, is_wanted, lock_holder, undo_half_drops, waiting_for
from ads_pipeline.warehouse.writer import FolderWriter


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """As the engine holds it."""
    folder.mkdir(parents=True)
    with (folder / "status").open("w") as status:
        status.write("PID: 4711\nStarted at: now\n")
        status.flush()
        fcntl.flock(status, fcntl.LOCK_EX)
        yield


def test_a_folder_that_nobody_holds_is_free_at_once(tmp_path: Path) -> None:
    assert lock_holder(tmp_path / "clickhouse") == ""
    with waiting_for(tmp_path / "clickhouse", None) as until_free:
        until_free()


def test_a_wait_that_ends_names_the_holder(tmp_path: Path) -> None:
    folder = tmp_path / "clickhouse"
    with (
        held(folder),
        waiting_for(folder, 0.1) as until_free,
        pytest.raises(TransientError, match=r"in use by another process \(PID: 4711\), perhaps an ingest: try again"),
    ):
        until_free()


def test_who_holds_it_hears_that_another_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder, entered = embedded_folder(load_settings(home=tmp_path).dsn), threading.Event()

    def wait() -> None:
        with waiting_for(folder, None) as until_free:
            until_free()
            entered.set()

    with caplog.at_level(logging.WARNING):
        with held(folder):
            assert not is_wanted(folder)
            waiting = threading.Thread(target=wait)
            waiting.start()
            deadline = time.monotonic() + 10
            while not is_wanted(folder) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert is_wanted(folder)
            assert not entered.is_set()
        waiting.join(10)
    assert entered.is_set()
    assert not is_wanted(folder), "nobody waits any more"
    assert [record.message for record in caplog.records] == [
        f"waiting: the embedded engine at {folder} is in use by another process (PID: 4711)"
    ]


class Newest:
    """A connection to a database whose newest revision is this."""

    def __init__(self, revision: int) -> None:
        self.revision = revision

    def value(self, _: object, least: int) -> int:
        return self.revision if self.revision >= least else 0


def test_revisions_grow_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100, 300, 200, 200, 400])
    monkeypatch.setattr("ads_pipeline.warehouse.writer.time.time_ns", lambda: next(clock))
    of_a_fast_clock = FolderWriter(Newest(200))  # type: ignore[arg-type]
    assert [of_a_fast_clock.next_revision() for _ in range(5)] == [201, 300, 301, 302, 400]


def test_a_table_that_is_both_there_and_dropped_stands(tmp_path: Path) -> None:
    tables, dropped = tmp_path / "store" / "ads", tmp_path / "metadata_dropped"
    for folder in (tables, dropped, tmp_path / "metadata"):
        folder.mkdir(parents=True)
    (tmp_path / "metadata" / "ads").symlink_to(tables)
    (tables / "both.sql").write_text("ATTACH TABLE _ UUID '1a'")
    (tables / "made_again.sql").write_text("ATTACH TABLE _ UUID '2b'")
    for name in ("both.1a", "made_again.1c", "gone.3d"):
        (dropped / f"ads.{name}.sql").write_text(f"ATTACH TABLE _ UUID '{name.partition('.')[2]}'")
    undo_half_drops(tmp_path)
    assert {path.name for path in dropped.iterdir()} == {"ads.made_again.1c.sql", "ads.gone.3d.sql"}
