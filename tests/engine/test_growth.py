"""What many runs leave behind on the engine: a row each in the bookkeeping, and parts that are merged."""

from pathlib import Path

import pytest

from tests.engine.conftest import Home, event

PARTS = """SELECT table, count() AS parts, sum(data_uncompressed_bytes) AS bytes
FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table"""
SCRATCH = "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'scratch_')"

MOST_PARTS, MOST_BYTES = 60, 2000
"""Active parts of a table, and bytes that a run of one drop and two events adds, its ledger row included: uncompressed, as they
do not depend on which parts the engine has merged by then."""


@pytest.mark.each_engine
@pytest.mark.parametrize("runs", [pytest.param(20, marks=pytest.mark.further), pytest.param(500, marks=pytest.mark.slow)])
def test_many_runs_leave_few_parts_and_nothing_else(home: Home, runs: int) -> None:
    for number in range(runs):
        home.land(f"{number}.ndjson", event(number), event(number - 1, cost="0.5"))  # each run corrects an event of the one before
        assert home.ingest().drops == 1
        (Path(home.settings.landing) / f"{number}.ndjson").unlink()  # a lifecycle rule of the landing store
        if number == 9:
            before = sum(int(row["bytes"]) for row in home.ask(PARTS))
    held = home.ask(PARTS)
    parts, grown = {row["table"]: int(row["parts"]) for row in held}, (sum(int(row["bytes"]) for row in held) - before) / (runs - 10)
    print(f"{grown:.0f} bytes for each of {runs} runs; parts: {parts}")
    assert max(parts.values()) < MOST_PARTS
    assert grown < MOST_BYTES
    assert home.ask(SCRATCH) == []
    assert [path for path in home.settings.work.rglob("*") if path.is_file()] == []
    assert home.ask("SELECT uniqExact(event_id) AS events FROM events_current") == [{"events": runs + 1}]
