"""Scheduled ELT for advertising events: drops in, exact daily rollups out.

What stands in `__all__` is the public API: it changes only with a note in the changelog. Every other name may change with any release.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ads_pipeline.component import AdsPipelineComponent
    from ads_pipeline.definitions import build_defs
    from ads_pipeline.errors import AdsError, TransientError
    from ads_pipeline.landing import open_store
    from ads_pipeline.pipeline.backfill import backfill, plan_backfill
    from ads_pipeline.pipeline.ingest import ingest
    from ads_pipeline.pipeline.quality import all_checks, run_check
    from ads_pipeline.pipeline.query import query_rollup
    from ads_pipeline.pipeline.rollups import all_rollups
    from ads_pipeline.pipeline.run import open_run, open_to_read
    from ads_pipeline.settings import Settings, load_settings

__version__ = "0.1.0"

__all__ = [
    "AdsError",
    "AdsPipelineComponent",
    "Settings",
    "TransientError",
    "all_checks",
    "all_rollups",
    "backfill",
    "build_defs",
    "ingest",
    "load_settings",
    "open_run",
    "open_store",
    "open_to_read",
    "plan_backfill",
    "query_rollup",
    "run_check",
]

# public name → module, and the name that it has there
_HOMES = {
    "AdsError": ("errors", "AdsError"),
    "AdsPipelineComponent": ("component", "AdsPipelineComponent"),
    "Settings": ("settings", "Settings"),
    "TransientError": ("errors", "TransientError"),
    "all_checks": ("pipeline.quality", "all_checks"),
    "all_rollups": ("pipeline.rollups", "all_rollups"),
    "backfill": ("pipeline.backfill", "backfill"),
    "build_defs": ("definitions", "build_defs"),
    "ingest": ("pipeline.ingest", "ingest"),
    "load_settings": ("settings", "load_settings"),
    "open_run": ("pipeline.run", "open_run"),
    "open_store": ("landing", "open_store"),
    "open_to_read": ("pipeline.run", "open_to_read"),
    "plan_backfill": ("pipeline.backfill", "plan_backfill"),
    "query_rollup": ("pipeline.query", "query_rollup"),
    "run_check": ("pipeline.quality", "run_check"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `ads --version` waits for neither pandas nor Dagster."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, original = _HOMES[name]
    return getattr(importlib.import_module(f"{__name__}.{module}"), original)


def __dir__() -> list[str]:
    """The public names, as completion shows them."""
    return sorted([*globals(), *__all__])
