"""The Dagster instance that belongs to an `ADS_HOME`."""

import os
import shutil
from pathlib import Path

from ads_pipeline.settings import Settings


def dagster_home(settings: Settings) -> Path:
    """The instance's folder, made with the shipped `dagster.yaml` when there is none."""
    home = settings.home.absolute() / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copy(Path(__file__).parent.parent / "defs" / "dagster.yaml", home / "dagster.yaml")
    return home


def dagster_environment(settings: Settings) -> dict[str, str]:
    """The present environment, for a Dagster process that is to use the same home from wherever it runs."""
    return {**os.environ, "DAGSTER_HOME": str(dagster_home(settings)), "ADS_HOME": str(settings.home.absolute())}
