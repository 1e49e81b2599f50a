"""Scheduled ELT for advertising events: drops in, exact daily rollups out."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["query_rollup"]


def __getattr__(name: str) -> Any:
    """Bring `query_rollup` when it is asked for: the command line should not wait for pandas."""
    if name == "query_rollup":
        from ads_pipeline.pipeline.query import query_rollup

        return query_rollup
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
