"""Scheduled ELT for advertising events: drops in, exact daily rollups out."""

__version__ = "0.1.0"
