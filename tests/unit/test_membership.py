"""Nodes of a cluster that take no part are named, each with what is wrong and what helps."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ads_pipeline.pipeline.status import _clock
from ads_pipeline.warehouse.membership import find_faults

NODES = [{"shard": shard, "replica": replica, "host": f"n{shard}{replica}", "port": 9000} for shard in (1, 2) for replica in (1, 2)]
GOOD: list[list[dict[str, Any]]] = [
    NODES,
    [{"place": place, "own": 1} for place in (1, 2, 3, 4)],
    [{"place": place, "shard": str(node["shard"]), "replica": str(node["replica"])} for place, node in enumerate(NODES, 1)],
    [],
]


class Asked:
    """A connection that gives these answers, one after the other."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = list(answers)

    def rows(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.answers.pop(0)
        return rows


def faults(**changed: Any) -> list[str]:
    names = ("nodes", "own", "macros", "executed")
    return find_faults(Asked([changed.get(name, good) for name, good in zip(names, GOOD, strict=True)]), "ads")  # type: ignore[arg-type]


def executed(finished: int, error: str = "") -> list[dict[str, Any]]:
    return [{"host": "n22", "port": 9000, "finished": finished, "error": error, "since": datetime(2026, 11, 25, 18, 0)}]


def test_nothing_is_said_of_nodes_that_take_part() -> None:
    assert faults() == []
    assert faults(executed=executed(1)) == []


def test_a_node_that_does_not_know_its_address() -> None:
    own = [*GOOD[1][:3], {"place": 4, "own": 0}]
    (said,) = faults(own=own, executed=executed(0))
    assert said.startswith("n22:9000 does not recognise n22:9000 as its own address and executes no statement ON CLUSTER")
    assert faults(own=own, executed=executed(1)) == [], "it has other means to know itself"


def test_a_node_that_is_away_is_no_fault_here() -> None:
    assert faults(own=GOOD[1][:3], macros=GOOD[2][:3], executed=executed(0)) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (executed(0), "n22:9000 has not executed a statement ON CLUSTER of 2026-11-25 18:00:00 UTC"),
        (executed(1, "no space"), "n22:9000 failed to execute the newest statement ON CLUSTER: no space"),
    ],
)
def test_a_node_that_did_not_execute_the_newest_statement(row: list[dict[str, Any]], said: str) -> None:
    assert [fault[: len(said)] for fault in faults(executed=row)] == [said]


@pytest.mark.parametrize(
    ("macros", "said"),
    [
        ({"shard": "2", "replica": "1"}, "n22:9000 has the macros {shard} '2' and {replica} '1' of n21:9000: two replicas"),
        ({"shard": "1", "replica": "x"}, "n22:9000 is in shard 2 of cluster ads but has the macro {shard} '1' of n11:9000, which is"),
        ({"shard": "2", "replica": ""}, "n22:9000 lacks the macro {shard} or {replica}"),
    ],
)  # fmt: skip
def test_a_node_with_wrong_macros(macros: dict[str, str], said: str) -> None:
    assert [fault[: len(said)] for fault in faults(macros=[*GOOD[2][:3], {"place": 4, **macros}])] == [said]
    assert "lacks the macro" in faults(macros=GOOD[2][:3])[0]


def test_a_clock_that_differs_is_named() -> None:
    class Place:
        def __init__(self, ahead: float) -> None:
            self.ahead = timedelta(seconds=ahead)

        def rows(self, *_: Any) -> list[dict[str, Any]]:
            return [{"now": datetime.now(UTC) + self.ahead, "timezone": "UTC"}]

    warehouse = SimpleNamespace(topology=SimpleNamespace(clocks={"n11": Place(0), "n22": Place(-75)}))
    assert _clock(warehouse, "UTC") == (False, "the clock of n22 and this machine's differ by -75.0 s: set both by NTP")  # type: ignore[arg-type]
    warehouse.topology.clocks.pop("n22")
    assert _clock(warehouse, "UTC")[0]  # type: ignore[arg-type]
