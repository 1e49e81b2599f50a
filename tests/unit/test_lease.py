"""The lease against a table of claims in memory: who gets it, who loses it, and what a lost one says."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ads_pipeline.errors import LeaseLostError, TransientError
from ads_pipeline.warehouse import lease
from ads_pipeline.warehouse.lease import Lease, acquire, live_claims
from ads_pipeline.warehouse.statements import Sql


class Claims:
    """A connection to a database whose only table is that of the claims."""

    def __init__(self) -> None:
        self.claims: dict[tuple[int, str], dict[str, Any]] = {}
        self.running = 0
        self.away = False
        self.between: list[dict[str, Any]] = []
        """Claims that somebody else makes right after ours."""

    def run(self, sql: Sql, **values: Any) -> None:
        if self.away:
            raise TransientError("away")
        if sql.name == "lease/kill":
            self.running -= 1
            return
        self.claims[values["generation"], values["holder"]] = {"age": 0.0, **values}
        if values["state"] == "claimed":
            self.claims |= {(claim["generation"], claim["holder"]): claim for claim in self.between}

    def rows(self, _: Sql) -> list[dict[str, Any]]:
        return [claim for claim in self.claims.values() if claim["state"] in ("claimed", "held")]

    def value(self, sql: Sql, **_: Any) -> int:
        if sql.name == "lease/running":
            return self.running
        held = [generation for (generation, _), claim in self.claims.items() if claim["state"] in ("held", "released")]
        if sql.name == "lease/newest":
            return max(held, default=0)
        return max((generation for generation, _ in self.claims), default=0) + 1


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Claims:
    """The table, empty; nothing waits long."""
    monkeypatch.setattr(lease, "LOOK", 0.001)
    monkeypatch.setattr(lease, "QUIET_SECONDS", 0)
    return Claims()


def foreign(generation: int = 7, **changes: Any) -> dict[str, Any]:
    claim = {
        "generation": generation,
        "holder": "another",
        "host": "h",
        "machine": "m",
        "pid": 1,
        "started": 1,
        "state": "held",
        "age": 3.0,
    }
    return claim | changes


def put(claims: Claims, claim: dict[str, Any]) -> None:
    claims.claims[claim["generation"], claim["holder"]] = claim


@contextmanager
def taken(claims: Claims, wait: float | None = 0) -> Iterator[Lease]:
    found = acquire(lambda: [claims], "ads", wait)  # type: ignore[list-item]
    try:
        yield found
    finally:
        found.release()


def states(claims: Claims) -> list[str]:
    return [claim["state"] for claim in claims.claims.values()]


def test_a_free_lease_is_held_and_released(claims: Claims) -> None:
    with taken(claims) as held:
        assert states(claims) == ["held"]
        held.confirm()
        assert held.fence.parts
    assert states(claims) == ["released"]


def test_one_that_another_holds_is_waited_for(claims: Claims) -> None:
    put(claims, foreign())
    with pytest.raises(TransientError, match=r"another run is writing to this database \(process 1 on h, renewed 3 s ago\): try again"):
        acquire(lambda: [claims], "ads", 0)  # type: ignore[list-item]
    assert states(claims) == ["held"]


def test_of_two_that_claim_at_once_neither_holds_without_looking(claims: Claims) -> None:
    claims.between = [foreign(state="claimed", age=0.0)]
    with pytest.raises(TransientError, match="another run is writing"):
        acquire(lambda: [claims], "ads", 0)  # type: ignore[list-item]
    assert sorted(states(claims)) == ["claimed", "withdrawn"]


@pytest.mark.parametrize("gone", [{"age": lease.TTL + 1}, {"machine": lease._machine(), "pid": os.getpid(), "started": 1}])
def test_a_dead_holder_loses_it(claims: Claims, gone: dict[str, Any]) -> None:
    put(claims, foreign(**gone))
    assert live_claims(claims) == []  # type: ignore[arg-type]
    with taken(claims) as held:
        assert held.generation > 7


def test_a_holder_that_was_paused_finds_that_it_is_lost(claims: Claims) -> None:
    with taken(claims) as held:
        put(claims, foreign(held.generation + 1))
        with pytest.raises(LeaseLostError) as lost:
            held.confirm()
        assert str(lost.value) == "lost the write lease to another run while unresponsive; that run finishes the work, run again"
        with pytest.raises(LeaseLostError):
            held.check()


def test_a_server_that_is_away_is_no_lost_lease(claims: Claims) -> None:
    with taken(claims) as held:
        held.check()
        claims.away = True
        with pytest.raises(TransientError, match="away"):
            held.confirm()
        claims.away = False
        held.confirm()


def test_revisions_of_a_later_holder_are_higher(claims: Claims) -> None:
    found = []
    for _ in range(2):
        with taken(claims) as held:
            found += [held.next_revision() for _ in range(3)]
    assert found == sorted(set(found))


def test_statements_of_earlier_holders_are_ended_first(claims: Claims, monkeypatch: pytest.MonkeyPatch) -> None:
    claims.running = 2
    with pytest.raises(TransientError, match="statements of an earlier run do not end"):
        acquire(lambda: [claims], "ads", 0)  # type: ignore[list-item]
    assert states(claims) == ["released"]
    monkeypatch.setattr(lease, "QUIET_SECONDS", 60)
    claims.running = 2
    with taken(claims):
        assert claims.running == 0
