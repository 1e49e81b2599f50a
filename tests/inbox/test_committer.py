"""A submission is stored once under its idempotency key, whichever worker gets it."""

import os
import threading
from pathlib import Path

import pytest

from ads_pipeline.inbox.committer import Committer, Submission
from tests.inbox.spools import seal
from tests.waiting import wait_until


def test_the_same_key_from_many_threads_is_kept_once(tmp_path: Path) -> None:
    committers = [Committer(tmp_path / "spool", 1 << 20) for _ in range(2)]
    results = []

    def send(number: int) -> None:
        submission = Submission(b"x\n", {"status": 202, "of": number}, key=f"k{number % 5}", digest="d")
        results.append(committers[number % 2].commit(submission).result())

    threads = [threading.Thread(target=send, args=[number]) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for committer in committers:
        committer.close()
    assert len({(result["key"], result["answer"]["of"]) for result in results}) == 5
    assert seal(tmp_path) == ["x"] * 5


def test_what_comes_while_a_disk_syncs_is_synced_together_and_told_of_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fdatasync, syncs, go_on = os.fdatasync, list[int](), threading.Event()

    def slow(handle: int) -> None:
        syncs.append(handle)
        if len(syncs) == 1:
            assert go_on.wait(20)
        if len(syncs) == 2:
            raise OSError(5, "Input/output error")
        fdatasync(handle)

    monkeypatch.setattr(os, "fdatasync", slow)
    committer = Committer(tmp_path / "spool", 1 << 20)
    first = committer.commit(Submission(b"a\n", {"accepted": 1}))
    wait_until(lambda: len(syncs) == 1)
    meanwhile = [committer.commit(Submission(f"{number}\n".encode(), {"accepted": 1})) for number in range(5)]
    assert not first.done()
    go_on.set()
    assert first.result(20)["answer"] == {"accepted": 1}
    assert {str(future.exception(20)) for future in meanwhile} == {"[Errno 5] Input/output error"}
    assert len(syncs) == 2
    assert committer.commit(Submission(b"b\n", {"accepted": 1})).result(20)
    committer.close()
