"""No statement uses more memory than `ADS_MEMORY`: a drop that needs more fails alone and says so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ads_pipeline.pipeline.ledger import read_ledger
from ads_pipeline.pipeline.run import apply_changes
from tests.engine.conftest import Home, event

MEMORY = 512 << 20

MANY = """
SELECT *, arrayMap(
    n -> map('event_id', toJSONString(concat(fields['event_id'], toString(n))), 'event_time', fields['event_time'], 'event_type', '"click"',
        'campaign_id', '"c"'), range(toUInt32OrZero(fields['quantity']))) AS events
FROM lines
"""


@pytest.mark.further
@pytest.mark.each_engine
def test_a_drop_that_needs_more_memory_fails_alone(make_home: Callable[..., Home], tmp_path: Path) -> None:
    source = tmp_path / "sql" / "sources" / "many.sql"
    source.parent.mkdir(parents=True)
    source.write_text(MANY)
    home = make_home(sql_dir=tmp_path / "sql", memory=MEMORY)
    apply_changes(home.warehouse, home.settings)
    for place in home.warehouse.topology.all_connections:
        assert place.memory == MEMORY
    assert home.ask("SELECT getSetting('max_memory_usage') AS bytes") == [{"bytes": MEMORY}]

    for number in range(5):
        home.land(f"many/{number}.ndjson", event(number, quantity=2 if number % 2 else 50_000_000))
    home.land("events/a.ndjson", event(1))
    report = home.ingest()
    assert (report.drops, report.failed_drops) == (3, 3)
    found = {row["drop"]: row["error"] for row in read_ledger(home.warehouse)}
    wanted = "too large for the engine's memory; the next ingest tries again; a statement may use 512 MiB: raise ADS_MEMORY, or land it in "
    for number in (0, 2, 4):
        assert found[f"many/{number}.ndjson"].startswith(wanted), found
    assert home.ask("SELECT count() AS n FROM events") == [{"n": 5}]


def test_a_line_of_very_many_records_needs_no_more_than_they_do(make_home: Callable[..., Home]) -> None:
    home = make_home(memory=MEMORY)
    apply_changes(home.warehouse, home.settings)
    imps = [{"id": str(number)} for number in range(10_000)]
    lines = [{"id": f"a{number}", "time": event(1)["event_time"], "imp": imps} for number in range(4)]
    home.land("openrtb/a.ndjson", *lines)
    report = home.ingest()
    assert (report.failed_drops, report.counts.accepted) == (0, 40_000)
