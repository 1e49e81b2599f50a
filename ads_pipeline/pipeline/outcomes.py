"""What checks found when they ran last on this machine: one small file a check under `ADS_HOME`, so that it can be shown without a run.

Only counts are kept: a sample may name events or people.
"""

import json
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ads_pipeline.days import utc_now
from ads_pipeline.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found, and when."""

    check: str
    asset: str
    severity: str
    passed: bool
    observed: float
    at: datetime

    @property
    def full_name(self) -> str:
        """That of the check, `asset.name`."""
        return f"{self.asset}.{self.check}"


def _folder(settings: Settings) -> Path:
    return settings.home.absolute() / "checks"


def note_outcome(settings: Settings, check: str, asset: str, severity: str, *, passed: bool, observed: float) -> None:
    """Keep what a check found. That it could not be kept is logged, and is no reason to fail the check."""
    folder = _folder(settings)
    fields = {"check": check, "asset": asset, "severity": severity, "passed": passed, "observed": observed, "at": utc_now().isoformat()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = folder / f".{asset}.{check}.{secrets.token_hex(4)}"  # containers have the same process ids
        written.write_text(json.dumps(fields))
        written.replace(folder / f"{asset}.{check}.json")
    except OSError as error:
        log.warning("what check %s.%s found is not kept for the page: %s", asset, check, error.strerror)


def read_outcomes(settings: Settings) -> list[Outcome]:
    """What is known of each check that ever ran here, by name; a file that cannot be read is left out, and logged."""
    found = []
    for path in sorted(_folder(settings).glob("[!.]*.json")):
        try:
            fields: dict[str, Any] = json.loads(path.read_text())
            found.append(Outcome(**fields | {"at": datetime.fromisoformat(fields["at"])}))
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.warning("%s is not what a check found: %r", path, error)
    return found
