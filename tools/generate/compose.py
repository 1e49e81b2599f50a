"""The settings that the compose files pass on, each as a name alone: it has the value of `.env` or of this machine, or is absent."""

import re
from pathlib import Path

from ads_pipeline.secret_files import PROVIDER_SECRETS
from ads_pipeline.settings import Settings, variable_of

PROVIDER_VARIABLES = (
    "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_BUCKET",
    "AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_CLIENT_ID", "AZURE_STORAGE_TENANT_ID", "AZURE_ENDPOINT",
)  # fmt: skip
"""The providers' variables that are passed on beside settings and secrets."""

NAMES = ("docker-compose.yml", "docker-compose.dev.yml", "docker-compose.embedded.yml")

_BLOCK = re.compile(r"(# settings: made by [^\n]*\n).*?(# end of settings\n)", re.DOTALL)


def compose_files(root: Path) -> dict[str, str]:
    """The text of each compose file by its path, its block of settings as the settings are."""
    lines = "".join(f"  {name}:\n" for name in passed_variables())
    return {
        name: _BLOCK.sub(lambda found: f"{found[1]}x-settings: &settings\n{lines}{found[2]}", (root / name).read_text()) for name in NAMES
    }


def compose_variables(root: Path) -> list[tuple[str, str]]:
    """The variables that the compose files use beside settings, with their defaults; the first file that has one counts."""
    found = dict[str, str]()
    for name in NAMES:
        for variable, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", (root / name).read_text()):
            found.setdefault(variable, default)
    return [(variable, default) for variable, default in found.items() if variable not in passed_variables()]


def passed_variables() -> list[str]:
    """Every variable that reaches every container."""
    return [*map(variable_of, Settings.model_fields), *PROVIDER_SECRETS, *PROVIDER_VARIABLES]
