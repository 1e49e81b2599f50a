"""`ads demo`."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from ads_pipeline.cli.check import print_results
from ads_pipeline.cli.common import settings
from ads_pipeline.cli.dagster_home import dagster_home
from ads_pipeline.cli.query import print_answer
from ads_pipeline.cli.tables import echo
from ads_pipeline.errors import AdsError
from ads_pipeline.pipeline.quality import CheckResult, all_checks, run_check
from ads_pipeline.pipeline.query import plan_query, run_raw
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.pipeline.run import open_to_read
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.warehouse import Warehouse

EVENTS, DAYS, DROPS = 200_000, 7, 40
SHARES: dict[str, Any] = {"duplicates": 5, "corrections": 2, "malformed": 1, "late": 3}


@click.command()
def demo() -> None:
    """Generate drops, load them by a Dagster run, run every check, and show a rollup.

    It uses the landing folder under ADS_HOME, whatever ADS_LANDING_URL says. Run again: the drops are loaded already.
    """
    found = load_settings(**settings().model_dump(exclude={"landing_url"}))
    truth = _generate(found)
    _ingest(found)
    with open_to_read(found) as warehouse:
        results = [run_check(warehouse, found, check) for check in all_checks(found)]
        exact = _equals_truth(warehouse, found, truth)
        _show_rollup(warehouse, found)
    print_results([*results, exact])
    echo()
    echo("Next: `ads dev` (or `make dev`) serves the Dagster UI with this run.")
    echo("      `ads query publisher_daily --by country` reads the other rollup, `ads quarantine list` the refused lines.")
    echo(f"      Put drops of your own into {found.landing}/events and run `ads ingest`.")
    if any(not result.passed and result.severity == "error" for result in [*results, exact]):
        raise SystemExit(1)


def _generate(found: Settings) -> Path:
    from ads_pipeline.generate import generate

    truth = found.home.absolute() / "demo-truth.json"
    if truth.exists():
        echo(f"drops: those in {found.landing}, generated before")
        return truth
    end = datetime.now(UTC).date()
    summary = generate(Path(found.landing), events=EVENTS, days=DAYS, drops=DROPS, seed=1, end=end, truth=truth, **SHARES)
    echo(
        f"drops: {summary.drops} in {found.landing}, {summary.lines} lines: {summary.events} events, {summary.duplicates} duplicates, "
        f"{summary.corrections} corrections, {summary.malformed} malformed"
    )
    return truth


def _ingest(found: Settings) -> None:
    """A run of the job `ingest`, in the instance that `ads dev` shows."""
    import dagster as dg

    from ads_pipeline.definitions import build_defs

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.from_config(str(dagster_home(found))) as instance:
        job = build_defs(found).resolve_job_def("ingest")
        result = job.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False)
    # a run whose checks failed is red too, and they are shown below
    if not any(event.step_key == "load" for event in result.get_step_success_events()):
        raise AdsError(f"the Dagster run {result.run_id} failed; `ads dev` shows why")
    echo(f"ingest: Dagster run {result.run_id}")


def _equals_truth(warehouse: Warehouse, found: Settings, truth: Path) -> CheckResult:
    """Whether the totals of each generated rollup row's day are those of the truth file."""
    expected = json.loads(truth.read_text(), parse_float=Decimal)["campaign_daily"]
    want = {metric: sum(row[metric] for row in expected) for metric in ("impressions", "clicks", "conversions", "cost", "revenue")}
    days = sorted({row["event_date"] for row in expected})
    plan = plan_query(
        find_rollup(warehouse, found, "campaign_daily"), datetime.fromisoformat(days[0]).date(), datetime.fromisoformat(days[-1]).date(),
        by=[], metrics=list(want),
    )  # fmt: skip
    got = json.loads(run_raw(warehouse, plan, "ndjson"), parse_float=Decimal)
    differing = [metric for metric in want if want[metric] != got[metric]]
    return CheckResult("equals_generated_truth", "campaign_daily", "warning", not differing, float(len(differing)), differing)


def _show_rollup(warehouse: Warehouse, found: Settings) -> None:
    shown = ["impressions", "clicks", "conversions", "cost", "revenue", "users", "ctr", "roas"]
    rollup = find_rollup(warehouse, found, "campaign_daily")
    plan = plan_query(rollup, by=["campaign_id"], metrics=shown, order_by=["-cost"], limit=8)
    print_answer("campaign_daily, by campaign", rollup, plan, run_raw(warehouse, plan, "table"))
