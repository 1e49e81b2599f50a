"""Names that Dagster knows the pipeline's definitions by, with a prefix where they live beside other definitions."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import dagster as dg

from ads_pipeline.errors import SettingsError

if TYPE_CHECKING:
    from ads_pipeline.defs.resources import Engine


@dataclass(frozen=True, slots=True)
class Names:
    """How asset keys and the names of jobs, schedules, sensors, steps and the resource are made.

    Args:
        prefix: comes before each asset key as a part of its own, and before each name with an underscore; empty: no prefix.

    Raises:
        SettingsError: the prefix is no name.
    """

    prefix: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"([A-Za-z][A-Za-z0-9_]*)?", self.prefix):
            raise SettingsError(f"prefix is {self.prefix!r}: begin it with a letter, and use letters, digits and underscores only")

    def key(self, asset: str) -> dg.AssetKey:
        """The key of an asset."""
        return dg.AssetKey([self.prefix, asset] if self.prefix else [asset])

    def name(self, what: str) -> str:
        """The name of anything that is not an asset."""
        return f"{self.prefix}_{what}" if self.prefix else what

    @property
    def resource(self) -> str:
        """The key of the resource that opens the engine."""
        return self.name("engine")

    def engine(self, context: Any) -> "Engine":
        """The resource, from the context of a step or of a sensor."""
        return cast("Engine", getattr(context.resources, self.resource))
