"""Things in order, cut into groups that are worked on together: drops of a batch, days of a statement."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def in_groups(found: Iterable[T], size_of: Callable[[T], int], most_size: int, most: int) -> Iterator[list[T]]:
    """Things in order, in groups of at most such a size and number; a larger one is a group alone."""
    group, size = list[T](), 0
    for item in found:
        if group and (size + size_of(item) > most_size or len(group) == most):
            yield group
            group, size = [], 0
        group.append(item)
        size += size_of(item)
    if group:
        yield group
