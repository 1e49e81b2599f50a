"""The pipeline as a Dagster component: a few lines of YAML bring it into another project.

What belongs here: what YAML may say, and what becomes of it. The definitions are those of `ads_pipeline.definitions`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field, create_model

from ads_pipeline.definitions import build_defs
from ads_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from dagster.components import ComponentLoadContext

Value = str | int | bool | None


class _SettingsBase(dg.Model, dg.Resolvable):
    """Settings by their names in docs/configuration.md, without `ADS_` and in small letters."""


_FIELDS: dict[str, Any] = {name: (Value, Field(None, description=field.description)) for name, field in Settings.model_fields.items()}

PipelineSettings: Any = create_model("PipelineSettings", __base__=_SettingsBase, **_FIELDS)
"""Every setting, optional; what is not given comes from the environment."""


class PipelineScaffolder(dg.Scaffolder[Any]):
    """`dg scaffold defs ads_pipeline.AdsPipelineComponent NAME` writes one that runs: chDB and drops in `.ads` of the project."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        """Write `defs.yaml`."""
        dg.scaffold_component(request, {"prefix": "ads", "settings": {"home": ".ads"}})


@dg.scaffold_with(PipelineScaffolder)
class AdsPipelineComponent(dg.Component, dg.Model, dg.Resolvable):
    """Drops of advertising events into ClickHouse: exact daily rollups, checks, schedules and a sensor.

    Several instances may stand in one project, each with a prefix, a home and a database of its own.
    """

    prefix: str = Field(
        "", description="Comes before each asset key and each name of a job, schedule, sensor and resource", examples=["ads"]
    )
    settings: PipelineSettings = Field(
        default_factory=PipelineSettings,
        description="Settings; those not given come from `ADS_…` variables. `home` is relative to the project, `sql_dir` to this file",
    )

    def build_defs(self, context: "ComponentLoadContext") -> dg.Definitions:
        """The definitions; opens neither engine nor network.

        Raises:
            SettingsError: a value is wrong, in one sentence that names it.
        """
        return build_defs(load_settings(**self._given(context)), prefix=self.prefix)

    def _given(self, context: "ComponentLoadContext") -> dict[str, Any]:
        """The settings that YAML gives, paths absolute."""
        given: dict[str, Any] = self.settings.model_dump(exclude_none=True)
        for name, folder in (("home", context.project_root), ("sql_dir", context.path)):
            if name in given:
                given[name] = Path(folder) / str(given[name])
        return given
