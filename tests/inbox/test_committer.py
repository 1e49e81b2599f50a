"""A submission is stored once under its idempotency key, whichever worker gets it."""

import threading
from pathlib import Path

from ads_pipeline.inbox.committer import Committer, Submission
from tests.inbox.spools import seal


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
