"""Deterministic, realistic drops of events, with their exact totals computed apart from the pipeline."""

from ads_pipeline.generate.drops import Plan, Summary, generate, generate_lines

__all__ = ["Plan", "Summary", "generate", "generate_lines"]
