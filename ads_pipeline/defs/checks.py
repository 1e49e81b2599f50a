"""The data checks as asset checks: one step for each asset.

A check that raises an error fails its step; it is not reported as a failed check. A failed check of severity error fails the step
too, after all results have been reported: a run whose data is wrong is red.
"""

from collections.abc import Iterator
from itertools import groupby

import dagster as dg

from ads_pipeline.defs.metadata import why_of
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.resources import POOL
from ads_pipeline.pipeline.quality import Check, all_checks, run_check
from ads_pipeline.settings import Settings

SEVERITIES = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def build_checks(settings: Settings, names: Names) -> list[dg.AssetChecksDefinition]:
    """The asset checks; opens no engine."""
    return [_build_checks(names, asset, list(checks)) for asset, checks in groupby(all_checks(settings), lambda check: check.asset)]


def _build_checks(names: Names, asset: str, checks: list[Check]) -> dg.AssetChecksDefinition:
    # rollups are filled while `events` is loaded, so their checks wait for that
    waits = [] if asset == "events" else [names.key("events")]
    by_name = {check.name: check for check in checks}
    specs = [
        dg.AssetCheckSpec(check.name, asset=names.key(asset), description=check.description, additional_deps=waits) for check in checks
    ]

    @dg.multi_asset_check(
        name=names.name(f"check_{asset}"), specs=specs, can_subset=True, pool=POOL, required_resource_keys={names.resource}
    )
    def run_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        engine = names.engine(context)
        with engine.reading(asset, context.run.run_id) as warehouse:
            results = [run_check(warehouse, engine.settings, by_name[key.name]) for key in sorted(context.selected_asset_check_keys)]
        for result in results:
            yield dg.AssetCheckResult(
                asset_key=names.key(asset),
                check_name=result.check,
                passed=result.passed,
                severity=SEVERITIES[result.severity],
                metadata={"observed": result.observed, "sample": result.sample, **why_of(asset, result)},
            )
        failed = [f"{result.check} ({', '.join(result.sample)})" for result in results if not result.passed and result.severity == "error"]
        if failed:
            raise dg.Failure(f"{len(failed)} checks of {asset} failed: {'; '.join(failed)}", allow_retries=False)

    return run_checks
