"""Calls for one engine that run at the same time, each with a warehouse of its own."""

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ads_pipeline.errors import EngineError
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse, side_by_side
from tests.engine.conftest import Home

pytestmark = pytest.mark.each_engine

LIMITS = "SELECT getSetting('max_memory_usage') AS memory, getSetting('max_threads') AS threads, getSetting('log_comment') AS comment"


def limits(place: Warehouse) -> dict[str, Any]:
    return place.rows(Sql(LIMITS))[0]


def test_a_statement_does_not_wait_for_another(home: Home) -> None:
    ended, began = list[str](), threading.Event()

    def slow(place: Warehouse) -> None:
        began.set()
        place.value(Sql("SELECT sleep(3)"))
        ended.append("slow")

    def quick(place: Warehouse) -> None:
        began.wait()
        place.value(Sql("SELECT 1"))
        ended.append("quick")

    side_by_side(home.warehouse.shards[0], [slow, quick])
    assert ended == ["quick", "slow"]


def test_results_are_in_order_and_see_the_same_tables(home: Home) -> None:
    calls = [lambda place, number=number: place.value(Sql(f"SELECT count() + {number} FROM events")) for number in range(5)]
    assert side_by_side(home.warehouse.shards[0], calls) == [0, 1, 2, 3, 4]


def test_two_share_the_memory_and_threads_of_one(make_home: Callable[..., Home]) -> None:
    """A server shares out its memory itself."""
    shard = make_home(memory=1 << 30).warehouse.shards[0]
    with shard.tagged(batch="b1"):
        before = limits(shard)
        met = threading.Barrier(2)

        def look(place: Warehouse) -> dict[str, Any]:
            met.wait()
            return limits(place)

        found = side_by_side(shard, [look, look])
        assert [int(one["memory"]) for one in found] == [(1 << 30) >> shard.connection.reads_files] * 2
        assert [int(one["threads"]) for one in found] == [(int(before["threads"]) + 1) // 2] * 2
        assert [one["comment"] for one in found] == [before["comment"]] * 2
        assert limits(shard) == before


def test_an_error_of_one_is_raised_when_both_have_ended(home: Home) -> None:
    shard, ended = home.warehouse.shards[0], list[str]()
    before = limits(shard)

    def slow(place: Warehouse) -> None:
        place.value(Sql("SELECT sleep(1)"))
        ended.append("slow")

    with pytest.raises(EngineError, match="no_such_table"):
        side_by_side(shard, [lambda place: place.value(Sql("SELECT * FROM no_such_table")), slow])
    assert ended == ["slow"]
    assert limits(shard) == before


@pytest.mark.timeout(60)
def test_an_interrupt_ends_the_statements(home: Home) -> None:
    shard = home.warehouse.shards[0]
    if shard.connection.reads_files:
        pytest.skip("the process of an embedded engine ends with its statements: tests/cli has that")
    begun = threading.Barrier(3)

    def endless(place: Warehouse) -> None:
        begun.wait()
        place.value(Sql("SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1"))

    def interrupt() -> None:
        begun.wait()
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(shard, [endless, endless])
    signal.signal(signal.SIGINT, before)
