"""Generated drops against their truth file, ingested in any split of calls and batches."""

import json
import random
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.generate import generate
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Name, statement
from ads_pipeline.warehouse.warehouse import Warehouse
from tests.made import put_database

pytestmark = pytest.mark.usefixtures("engine")

METRICS = ("impressions", "clicks", "conversions", "cost", "revenue")


def assert_rollups_are(warehouse: Warehouse, truth: dict[str, Any]) -> None:
    """Every rollup has the rows of the truth file."""
    for rollup in ("campaign_daily", "publisher_daily"):
        assert_rows_are(warehouse.rows(statement("queries/all_of", table=Name(f"{rollup}_report"))), truth[rollup])


def assert_rows_are(rows: Iterable[dict[str, Any]], truth: list[dict[str, Any]]) -> None:
    """A rollup's rows have the dimensions and metrics of the truth, in whatever order."""
    dimensions = [column for column in truth[0] if column not in METRICS]
    got = {tuple(str(row[column]) for column in dimensions): [row[metric] for metric in METRICS] for row in rows}
    want = {tuple(row[column] for column in dimensions): [row[metric] for metric in METRICS] for row in truth}
    assert got == want


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_rollups_equal_the_truth(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    generated, truth_file = tmp_path / "generated", tmp_path / "truth.json"
    shares: dict[str, Any] = {"duplicates": 5, "corrections": 2, "malformed": 1, "late": 3, "quantities": 5, "refunds": 2}
    summary = generate(generated, events=20_000, days=7, drops=26, seed=seed, truth=truth_file, **shares)
    truth = json.loads(truth_file.read_text(), parse_float=Decimal)
    settings = load_settings(home=tmp_path, batch_drops=rng.choice([3, 7, 100]))
    put_database(settings)
    landing = tmp_path / "landing"
    drops = sorted(generated.rglob("*.gz"))
    rng.shuffle(drops)
    total = 0
    with open_warehouse(settings, write=True) as warehouse:
        for at in range(0, len(drops), 13):
            for drop in drops[at : at + 13]:
                target = landing / drop.relative_to(generated)
                target.parent.mkdir(parents=True, exist_ok=True)
                drop.rename(target)
            report = ingest(begin_run(warehouse, settings), open_store(settings))
            counts = report.counts
            assert counts.lines == counts.accepted + counts.duplicates + counts.corrections + counts.quarantined
            total += counts.lines
        assert total == summary.lines
        assert_rollups_are(warehouse, truth)
