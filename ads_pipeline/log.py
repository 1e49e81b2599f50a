"""Logging to standard error: text for people, or one JSON object a line."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from ads_pipeline.settings import Settings
from ads_pipeline.text import visible, visible_json


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, and the error if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return visible_json(json.dumps(entry, ensure_ascii=False))


class TextFormatter(logging.Formatter):
    """One line a record, whatever the data in it, and the lines of an error's traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the standard library's name)
        """The line."""
        return visible(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The traceback."""
        return "\n".join(map(visible, super().formatException(ei).split("\n")))


def configure_logging(settings: Settings) -> None:
    """Send this package's log to standard error, at the level and in the format of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    text = TextFormatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else text)
    logger = logging.getLogger("ads_pipeline")
    logger.handlers[:] = [handler]
    logger.setLevel(settings.log_level)
    logger.propagate = False
    for library in ("clickhouse_connect", "urllib3"):  # what they warn of comes as an error of ours
        logging.getLogger(library).setLevel(logging.ERROR)
