"""The settings' reference page and `.env.example`."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ads_pipeline.secret_files import PROVIDER_SECRETS
from ads_pipeline.settings import Settings, variable_of
from tools.generate.compose import compose_variables
from tools.generate.rendering import render


def reference_page() -> str:
    """`docs/configuration.md`."""
    secrets = [variable_of(name) for name, info in Settings.model_fields.items() if info.annotation is SecretStr]
    return render("configuration.md.jinja", settings=_settings(), secrets=secrets, provider_secrets=PROVIDER_SECRETS)


def example_file(root: Path) -> str:
    """`.env.example`."""
    return render("env.jinja", settings=_settings(), compose=compose_variables(root), provider_secrets=PROVIDER_SECRETS)


def _settings() -> list[dict[str, str]]:
    return [
        {"variable": variable_of(name), "default": _spelled(info.default), "description": info.description or ""}
        for name, info in Settings.model_fields.items()
    ]


def _spelled(value: Any) -> str:
    """A default as one would write it in the environment."""
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        unit, name = next((unit, name) for unit, name in ((3600, "h"), (60, "m"), (1, "s")) if seconds % unit == 0)
        return f"{seconds // unit}{name}"
    if isinstance(value, int) and value and value % (1 << 20) == 0:
        return f"{value >> 20}M"
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else str(value)
