"""Tables that live as long as a batch: their parts are not merged, which costs as much as writing them anew, and can be deleted from."""

import pytest

from ads_pipeline.warehouse.statements import Name, Sql, of_batch
from tests.engine.conftest import Home

pytestmark = pytest.mark.each_engine

KEYS = {"valid": "line_number", "aside": "line_number", "repeats": "key", "outcomes": "line_number"}
INSERTS = 12


def test_parts_of_a_batch_are_not_merged(home: Home) -> None:
    """An engine that is asked to merge takes what its settings allow; a delete reaches every part all the same."""
    for part, key in KEYS.items():
        scratch = Name(f"scratch_0_{part}")
        home.warehouse.run(of_batch(f"ingest/{part}_table", {part: scratch, "ttl_days": 32}))
        for number in range(INSERTS):
            home.warehouse.run(Sql(f"INSERT INTO {scratch} ({key}) SELECT number + {number} FROM numbers(2)"))
        home.warehouse.run(Sql(f"OPTIMIZE TABLE {scratch}"))
        parts = f"SELECT count() AS parts FROM system.parts WHERE database = currentDatabase() AND table = '{scratch.text}' AND active"
        assert home.ask(parts) == [{"parts": INSERTS}], part
        home.warehouse.run(Sql(f"ALTER TABLE {scratch} DELETE WHERE {key} < {INSERTS // 2}"))
        assert home.ask(f"SELECT count() AS rows FROM {scratch}") == [{"rows": INSERTS + 1}], part
