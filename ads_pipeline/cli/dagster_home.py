"""The Dagster instance that belongs to an `ADS_HOME`."""

import hashlib
import json
import logging
import os
from pathlib import Path

from ads_pipeline.settings import Settings

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent.parent / "defs" / "dagster.yaml"

STORAGE = "ADS_DAGSTER_STORAGE"
"""Variable in which Dagster's processes find the URL of Postgres: with its password, so it stands in no file."""

MARK = "# unchanged since it was written, sha256: "
"""Begins the last line of the file that is written here; the checksum of the lines before it follows."""

UNMARKED = (
    "017e3bdc49298fcee2536195cd9b6dd9cd5809e1541f774fc80f2f1c346d1b18",
    "48e01f3e51a39976a592df649205701b8035b107f343f1ac285db345257ac205",
)
"""Checksums of the files that earlier versions wrote, without that line."""


def dagster_home(settings: Settings) -> Path:
    """The folder of the instance, with the `dagster.yaml` of this version; one of an earlier version is replaced unless it was edited."""
    home = settings.home.absolute() / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    path, wanted = home / "dagster.yaml", _marked(SHIPPED.read_text() + _by_settings(settings))
    found = path.read_text() if path.exists() else ""
    if found and not _is_as_written(found):
        log.warning("%s was edited and is left as it is: compare it with %s", path, SHIPPED)
    elif found != wanted:
        upcoming = path.with_suffix(".new")
        upcoming.write_text(wanted)
        upcoming.replace(path)
    return home


def _by_settings(settings: Settings) -> str:
    """What settings add to the shipped file: the level of Dagster's own log, and where its records are."""
    text = f"\npython_logs:\n  python_log_level: {settings.log_level}\n"
    return text + (f"\nstorage:\n  postgres:\n    postgres_url:\n      env: {STORAGE}\n" if settings.dagster_storage else "")


def write_workspace(settings: Settings, code_server: str) -> Path:
    """The file that tells webserver and daemon where the code server answers, in the folder of the instance."""
    host, _, port = code_server.rpartition(":")
    path = dagster_home(settings) / "workspace.yaml"
    server = {"host": host, "port": int(port), "location_name": "ads_pipeline.definitions"}
    path.write_text(json.dumps({"load_from": [{"grpc_server": server}]}))  # JSON is YAML
    return path


def _marked(text: str) -> str:
    return f"{text}{MARK}{hashlib.sha256(text.encode()).hexdigest()}\n"


def _is_as_written(found: str) -> bool:
    """Whether a file is unchanged since this version or an earlier one wrote it."""
    text, mark, _ = found.rpartition(MARK)
    return found == _marked(text) if mark else hashlib.sha256(found.encode()).hexdigest() in UNMARKED


def dagster_environment(settings: Settings) -> dict[str, str]:
    """The environment of this process, for a Dagster process that uses the same home whatever its working directory is."""
    known = {**os.environ, "DAGSTER_HOME": str(dagster_home(settings)), "ADS_HOME": str(settings.home.absolute())}
    return known | ({STORAGE: settings.dagster_storage} if settings.dagster_storage else {})
