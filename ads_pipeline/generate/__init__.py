"""Deterministic, realistic drops of events, with their exact totals computed apart from the pipeline."""

from ads_pipeline.generate.drops import Summary, generate
from ads_pipeline.generate.plan import Plan

__all__ = ["Plan", "Summary", "generate"]
