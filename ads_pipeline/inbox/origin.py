"""Where events come from: the source that a request writes to, and the key that it was sent with. Stands with each request in the spool."""

from dataclasses import dataclass
from typing import Any

from ads_pipeline.landing import DEFAULT_SOURCE

NAMED = 100
"""Characters of the names of keys in the name of a drop, at most."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Source and key of a request; a request that was stored by an earlier release has the source `events` and no key."""

    source: str = DEFAULT_SOURCE
    key: str = ""

    def record(self) -> dict[str, str]:
        """What a receipt keeps of it: nothing of what is as by default."""
        return {name: value for name, value, default in (("source", self.source, DEFAULT_SOURCE), ("by", self.key, "")) if value != default}


def origin_of(receipt: dict[str, Any]) -> Origin:
    """The origin of a request, by its receipt."""
    return Origin(receipt.get("source", DEFAULT_SOURCE), receipt.get("by", ""))


def drop_suffix(keys: set[str]) -> str:
    """What the name of a drop says of the keys whose events it has: `-shop`, `-app+shop`, or `-app+9_more`; nothing without keys."""
    names = sorted(keys - {""})
    shown = list(names)
    while len("+".join(shown)) > NAMED:
        shown.pop()
    more = [f"{len(names) - len(shown)}_more"] if len(shown) < len(names) else []
    return "-" + "+".join(shown + more) if names else ""
