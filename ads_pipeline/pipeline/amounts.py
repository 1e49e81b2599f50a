"""Sums and differences of what the engine's decimals hold, with all their digits: Python's own arithmetic rounds to 28 of them."""

from decimal import Context, Decimal
from typing import Any

EXACT = Context(prec=100)
"""More digits than a Decimal of the engine has."""


def added(one: Any, other: Any) -> Any:
    """The sum of two numbers: an integer of integers, else a Decimal."""
    return one + other if isinstance(one, int) and isinstance(other, int) else EXACT.add(Decimal(one), Decimal(other))


def less(one: Any, other: Any) -> Any:
    """What is left of the first number without the second."""
    return one - other if isinstance(one, int) and isinstance(other, int) else EXACT.subtract(Decimal(one), Decimal(other))
