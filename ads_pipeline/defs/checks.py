"""The data checks as asset checks: one step for each asset.

A check that raises an error fails its step; it is not reported as a failed check. A failed check of severity error fails the step
too, after all results have been reported: a run whose data is wrong is red.

In a run of `ingest` a check that passed the last time looks at what has changed since then, whoever changed it; one
that did not pass looks at everything, until it does. Everything is looked at by the daily job `checks`, and by a check run by hand.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

import dagster as dg

from ads_pipeline.defs.changed import AS_OF, EVER, last_look
from ads_pipeline.defs.metadata import told, why_of
from ads_pipeline.defs.names import Names
from ads_pipeline.defs.resources import POOL
from ads_pipeline.defs.runs import INGEST
from ads_pipeline.pipeline.quality import Check, all_checks, run_check
from ads_pipeline.pipeline.touched import Changes, changes_since
from ads_pipeline.settings import Settings
from ads_pipeline.warehouse.warehouse import Warehouse

SEVERITIES = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}

LAST = 20
"""How many executions of a check are looked at for one that said something."""


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
        engine, failed = names.engine(context), list[str]()
        chosen = [by_name[key.name] for key in sorted(context.selected_asset_check_keys)]
        with engine.reading(asset, context.run.run_id) as warehouse:
            now = warehouse.now()
            changes = {check.name: _changes(context, names, warehouse, check) for check in chosen}
            results = [(check, run_check(warehouse, engine.settings, check, changes[check.name])) for check in chosen]
        for check, result in results:
            said = told(result, check.description, check.remedy)
            if not result.passed and result.severity == "error":
                failed.append(f"{result.check}: {said}")
            yield dg.AssetCheckResult(
                asset_key=names.key(asset),
                check_name=result.check,
                passed=result.passed,
                severity=SEVERITIES[result.severity],
                description=said,
                metadata={"observed": result.observed, "sample": result.sample, **_looked_at(changes[check.name])}
                | {AS_OF: dg.MetadataValue.timestamp(now.timestamp())}
                | why_of(asset, result),
            )
        if failed:
            raise dg.Failure("; ".join(failed), metadata={"checks that failed": len(failed)}, allow_retries=False) from None

    return run_checks


def _changes(context: dg.AssetCheckExecutionContext, names: Names, warehouse: Warehouse, check: Check) -> Changes | None:
    """What a check is to look at; None: everything."""
    if context.run.job_name != names.name(INGEST):
        return None
    since = _passed_at(context.instance, dg.AssetCheckKey(names.key(check.asset), check.name))
    return changes_since(warehouse, since) if since > EVER else None


def _passed_at(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> datetime:
    """When the check looked, if it passed the last time that it said anything; else `EVER`."""
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=LAST):
        event = record.event.dagster_event if record.event else None
        if event and event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            found = event.asset_check_evaluation_data
            return last_look(found.metadata) if found.passed else EVER
    return EVER


def _looked_at(changes: Changes | None) -> dict[str, Any]:
    """What a check has looked at, for people."""
    if changes is None:
        return {"looked at": "everything"}
    days = [day.isoformat() for day in changes.days]
    shown = f"{len(days)} days, {days[0]} to {days[-1]}" if len(days) > 3 else ", ".join(days) or "no event day"
    return {"looked at": f"what has changed since {changes.since:%Y-%m-%d %H:%M} UTC: {shown}"}
