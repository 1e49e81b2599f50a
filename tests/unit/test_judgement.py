"""What is judged at once, what is left to the judging process, and who has a turn there."""

import asyncio
import gzip
import io
import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

import msgspec
import pytest

from ads_pipeline.api.body import Held, Memory
from ads_pipeline.api.judge import Turns
from ads_pipeline.api.judgement import AT_ONCE, NAMED, Judgement, Work, judge, judge_at_once
from ads_pipeline.api.judging_process import HEAD, Judged, Refused, Reply, serve
from ads_pipeline.api.refusal import ProblemError
from ads_pipeline.settings import EVENT_TYPES
from tests.api.attacks import BRACES, many_keys

PLAIN = {"event_id": "e1", "event_time": "2026-11-01T10:00:00Z", "event_type": "click", "campaign_id": "c1"}


def work(body: bytes, encoding: str = "identity", *, kind: str = "json", seconds: float = 20, events: int = 10_000) -> Work:
    window = date(2026, 10, 1), datetime(2026, 12, 1, tzinfo=UTC), "UTC", EVENT_TYPES
    return Work(body, encoding, f"application/{kind}", *window, 16 << 20, events, seconds, "p")


def array(count: int, **more: object) -> bytes:
    return json.dumps([PLAIN | more] * count).encode()


def lines(count: int, **more: object) -> bytes:
    return json.dumps(PLAIN | more).encode() * 1 + (b"\n" + json.dumps(PLAIN | more).encode()) * (count - 1)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: work(BRACES, "gzip"), id="braces"),
        pytest.param(lambda: work(many_keys(), "zstd", kind="x-ndjson"), id="keys"),
        pytest.param(lambda: work(gzip.compress(b" " * (16 << 20), mtime=0), "gzip"), id="bomb"),
        pytest.param(lambda: work(gzip.compress(b"", mtime=0) * 2000, "gzip"), id="members"),
        pytest.param(lambda: work(b"[" + b"1," * 200_000 + b"1]"), id="numbers"),
        pytest.param(lambda: work(b"{}\n" * 5000, kind="x-ndjson"), id="lines"),
        pytest.param(lambda: work(array(200, unknown=1)), id="unknown keys"),
        pytest.param(lambda: work(array(6000)), id="large"),
    ],
)
def test_what_takes_long_is_not_judged_at_once(made: Callable[[], Work]) -> None:
    found = made()
    started = time.thread_time()
    assert judge_at_once(found) is None
    assert time.thread_time() - started < 0.05  # a few milliseconds, on a busy machine


@pytest.mark.parametrize(
    ("made", "counts"),
    [
        (work(array(2000)), (2000, {})),
        (work(gzip.compress(array(2000)), "gzip"), (2000, {})),
        (work(lines(2000), kind="x-ndjson"), (2000, {})),
        (work(array(1, unknown=1)), (1, {})),
        (work(lines(2, cost="x"), kind="x-ndjson"), (2, {"invalid:cost": 2})),
        (work(b""), None),
        (work(b"", kind="x-ndjson"), (0, {})),
    ],
)
def test_what_is_quick_is_judged_at_once_and_alike(made: Work, counts: tuple[int, dict[str, int]] | None) -> None:
    if counts is None:
        for call in (judge, judge_at_once):
            with pytest.raises(ProblemError, match="not valid JSON"):
                call(made)
        return
    found = judge_at_once(made)
    assert found
    assert (found.events, found.refused) == counts
    assert found == judge(made)
    assert len(made.body) <= AT_ONCE


def test_an_answer_names_a_bounded_number_of_refused_events() -> None:
    found = judge(work(BRACES, "gzip"))
    assert (found.events, found.refused) == (9_999, {"missing:event_id": 9_999})
    assert [one.index for one in found.named] == list(range(NAMED))
    assert len(found.named[0].reasons) == 4


def test_judging_ends_when_it_takes_too_long() -> None:
    with pytest.raises(ProblemError, match=r"more than 0\.01 seconds") as refused:
        judge(work(BRACES, "gzip", seconds=0.01))
    assert refused.value.status == 413


def test_the_process_answers_each_body_whatever_the_one_before() -> None:
    bodies = [work(array(3)), work(b"["), work(b"{}", kind="csv"), work(lines(2), kind="x-ndjson", events=1)]
    messages = [*map(msgspec.msgpack.encode, bodies), b"no message"]
    given, answers = io.BytesIO(), io.BytesIO()
    for number, message in enumerate(messages):
        given.write(HEAD.pack(number, len(message)) + message)
    given.seek(0)
    serve(given, answers.write)
    answers.seek(0)
    found: dict[int, Reply] = {}
    while head := answers.read(HEAD.size):
        number, size = HEAD.unpack(head)
        found[number] = msgspec.msgpack.decode(answers.read(size), type=Reply)
    first = found[0]
    assert isinstance(first, Judged)
    assert isinstance(first.judgement, Judgement)
    assert first.judgement == judge(bodies[0])
    statuses = [reply.status for _, reply in sorted(found.items()) if isinstance(reply, Refused)]
    assert statuses == [400, 415, 413, 500]


def test_callers_take_turns() -> None:
    order: list[str] = []

    async def one(turns: Turns, caller: str) -> None:
        async with turns.turn(caller, 5):
            order.append(caller)
            await asyncio.sleep(0)

    async def late(turns: Turns) -> None:
        async with turns.turn("late", 0.01):
            order.append("late")

    async def run() -> None:
        turns = Turns(1)
        async with turns.turn("first", 5):
            waiting = [asyncio.create_task(one(turns, caller)) for caller in "aaaabb"]
            with pytest.raises(TimeoutError):
                await late(turns)
        await asyncio.gather(*waiting)
        async with turns.turn("last", 0):  # none is lost
            order.append("last")

    asyncio.run(run())
    assert order == ["a", "b", "a", "b", "a", "a", "last"]


def test_of_too_many_bodies_the_one_that_comes_slowest_is_given_up() -> None:
    async def run() -> None:
        memory = Memory(100)
        with memory.held() as slow, memory.held() as other, memory.held() as whole:
            with pytest.raises(TimeoutError):  # noqa: PT012
                async with asyncio.timeout(30) as slow.timeout, asyncio.timeout(30) as other.timeout:
                    memory.take(slow, 60)
                    memory.take(other, 30)
                    memory.take(whole, 50)
                    await asyncio.sleep(10)
            other.timeout = None
            assert (slow.size, other.size, whole.size) == (0, 30, 50)
            with pytest.raises(ProblemError, match="too many bodies"):
                memory.take(other, 30)  # nobody else still sends
        with memory.held() as held:
            memory.take(held, 100)  # all is free again

    asyncio.run(run())
    assert Held().size == 0
