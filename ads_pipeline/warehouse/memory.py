"""How much memory a statement may use: `ADS_MEMORY`."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ads_pipeline.settings import Settings

CGROUPS = Path("/sys/fs/cgroup")

SPILLED = 4
"""What groups and sorts goes to disk from this part of the limit on: several of them may run in one statement."""


def statement_memory(settings: Settings) -> int:
    """The bytes that a statement may use; 0 leaves it to the server, whose machine is another one."""
    return settings.memory or (machine_memory() // 2 if settings.is_embedded else 0)


def machine_memory(cgroups: Path = CGROUPS) -> int:
    """The bytes of memory of this machine, or of the cgroup that this process is in, if that has less."""
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_cgroup_limits(cgroups)])


def _cgroup_limits(cgroups: Path) -> Iterator[int]:
    """The limits of this process's cgroup and of those that it is within, of either version."""
    own = Path("/proc/self/cgroup")
    lines = own.read_text().splitlines() if own.is_file() else []
    for _, controllers, path in (line.split(":", 2) for line in lines):
        root, name = (cgroups, "memory.max") if not controllers else (cgroups / "memory", "memory.limit_in_bytes")
        folder = root / path.lstrip("/")
        for place in (folder, *folder.parents):
            if place.is_relative_to(root) and (text := _text_of(place / name)).isdigit():
                yield int(text)


def _text_of(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:  # of another namespace, or of a version that is not there
        return ""


def memory_settings(memory: int, own: int) -> dict[str, Any]:
    """The engine's settings for a limit.

    Args:
        own: the limit that the user's profile sets, which is never exceeded; 0 is none.
    """
    limit = min(memory, own) if own else memory
    spilled = limit // SPILLED
    return {"max_memory_usage": limit, "max_bytes_before_external_group_by": spilled, "max_bytes_before_external_sort": spilled}
