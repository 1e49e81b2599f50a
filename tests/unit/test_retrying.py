"""What is tried again, how often, and after which pauses; and how a run uses it."""

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from ads_pipeline import retrying as module
from ads_pipeline.errors import AdsError, EngineError, LeaseLostError, MemoryLimitError, TransientError
from ads_pipeline.pipeline.retries import with_retries
from ads_pipeline.retrying import retrying


class Clock:
    """Time passes only in pauses, which are kept."""

    def __init__(self) -> None:
        self.now, self.pauses = 0.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=clock.sleep))
    return clock


def failing(*errors: AdsError) -> Callable[[], str]:
    """A call that ends with these errors one after another, and then succeeds."""
    left = iter(errors)

    def call() -> str:
        for error in left:
            raise error
        return "done"

    return call


def test_pauses_double_up_to_the_longest_one(clock: Clock) -> None:
    assert retrying(tries=7, pause=1, longest_pause=10)(failing(*[TransientError("busy")] * 6)) == "done"
    assert clock.pauses == [1, 2, 4, 8, 10, 10]


def test_tries_are_bounded_and_the_last_error_is_raised(clock: Clock) -> None:
    errors = [TransientError(f"busy {number}") for number in range(3)]
    with pytest.raises(TransientError, match="busy 2"):
        retrying(tries=3, pause=1)(failing(*errors))
    assert clock.pauses == [1, 2]


@pytest.mark.parametrize("error", [EngineError("no such table"), LeaseLostError("another run"), ValueError("a bug"), KeyboardInterrupt()])
def test_what_stays_or_has_been_taken_over_is_not_tried_again(error: BaseException, clock: Clock) -> None:
    def call() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        retrying(tries=3, pause=1)(call)
    assert (raised.value, clock.pauses) == (error, [])


def test_the_other_side_may_ask_for_a_pause_but_for_none_that_is_too_long(clock: Clock) -> None:
    errors = [TransientError("busy", after) for after in (7.0, 0.0, None, 3600.0)]
    assert retrying(tries=5, pause=1, longest_pause=30)(failing(*errors)) == "done"
    assert clock.pauses == [7, 0, 4, 30]


def test_no_try_begins_after_the_deadline(clock: Clock) -> None:
    with pytest.raises(TransientError):
        retrying(tries=100, pause=1, deadline=lambda: 10)(failing(*[TransientError("busy")] * 99))
    assert clock.pauses == [1, 2, 4]  # the next one would end at 15


def test_progress_begins_the_count_and_the_pauses_anew(clock: Clock) -> None:
    steps: Iterator[int] = iter([0, 0, 5, 5, 9, 9, 9])
    with pytest.raises(TransientError):
        retrying(tries=3, pause=1, progress=lambda: next(steps))(failing(*[TransientError("broken off")] * 99))
    assert clock.pauses == [1, 1, 2, 1, 2]


def test_each_failure_is_told_before_its_pause(clock: Clock) -> None:
    told: list[tuple[str, float]] = []
    retrying(tries=3, pause=1, told=lambda error, pause: told.append((str(error), pause)))(
        failing(TransientError("a"), TransientError("b"))
    )
    assert told == [("a", 1), ("b", 2)]


# Steps of a run


def test_a_step_is_settled_before_every_further_try(clock: Clock) -> None:
    order: list[str] = []
    call = failing(TransientError("a"), TransientError("b"))

    def step() -> str:
        order.append("step")
        return call()

    assert with_retries(step, lambda: order.append("settle")) == "done"
    assert order == ["step", "settle", "step", "settle", "step"]
    assert clock.pauses == [2, 4]


def test_settling_may_fail_for_a_while_too(clock: Clock) -> None:
    assert with_retries(failing(TransientError("a")), failing(TransientError("b"), TransientError("c"))) == "done"
    assert clock.pauses == [2, 4, 8]


def test_a_step_is_tried_five_times_and_twice_without_memory(clock: Clock) -> None:
    for error, pauses in ((TransientError("gone"), [2, 4, 8, 16]), (MemoryLimitError("full"), [2])):
        clock.pauses.clear()
        with pytest.raises(type(error)):
            with_retries(failing(*[error] * 9), lambda: None)
        assert clock.pauses == pauses


def test_real_time_passes() -> None:
    started = time.monotonic()
    retrying(tries=2, pause=0.05)(failing(TransientError("busy")))
    assert time.monotonic() - started >= 0.05
