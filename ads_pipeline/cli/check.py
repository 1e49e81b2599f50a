"""`ads check`."""

from dataclasses import asdict

import click

from ads_pipeline.cli.common import json_option, print_json, reading
from ads_pipeline.cli.examples import run_examples
from ads_pipeline.cli.tables import print_verdict, shown
from ads_pipeline.pipeline.quality import CheckResult, choose_checks, run_check


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--test", is_flag=True, help="Run the examples beside the SQL files of checks, on a database of their own.")
@json_option
def check(names: tuple[str, ...], test: bool, as_json: bool) -> None:
    """Run data checks: all, or those of these names (`exact`, `campaign_daily.exact`, `events`).

    Exit code 1 when a check of severity `error` fails; a warning leaves it at 0.
    """
    if test:
        run_examples("check", names)
        return
    with reading() as (settings, warehouse):
        results = [run_check(warehouse, settings, chosen) for chosen in choose_checks(settings, names)]
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        print_results(results)
    if any(not result.passed and result.severity == "error" for result in results):
        raise SystemExit(1)


def print_results(results: list[CheckResult]) -> None:
    """One line a check, failed ones with what was observed."""
    for result in results:
        word, color = ("passed", "green") if result.passed else ("FAILED", "red") if result.severity == "error" else ("warning", "yellow")
        observed = "" if result.passed else f"  observed {shown(result.observed)}: {', '.join(result.sample)}"
        print_verdict(word.ljust(7), color, f"{result.asset}.{result.check}{observed}")
