"""The compose files and the image: every setting gets in, no secret and no default password does, containers are confined."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from pydantic import SecretStr

from ads_pipeline.settings import Settings, variable_of
from tools.generate.compose import NAMES, passed_variables

ROOT = Path(__file__).parents[2]
OURS = {
    "docker-compose.yml": ("init", "code", "webserver", "daemon", "api"),
    "docker-compose.dev.yml": ("pipeline", "api"),
    "docker-compose.embedded.yml": ("pipeline", "api"),
}


def services(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / name).read_text())["services"]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_reaches_every_container_of_this_package(name: str) -> None:
    for service in OURS[name]:
        missing = set(passed_variables()) - services(name)[service]["environment"].keys()
        assert not missing, f"{service} of {name} does not get {missing}"


def test_secrets_of_production_are_files() -> None:
    secret = {variable_of(name) for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    for service in services("docker-compose.yml").values():
        for variable, value in service.get("environment", {}).items():
            assert not value or variable not in secret or not re.search(r"://[^@]*:[^@]*@", value), variable
            assert "PASSWORD" not in variable or variable.endswith("_FILE") or not value, variable


def test_production_is_confined_and_bounded() -> None:
    for name, service in services("docker-compose.yml").items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert "${" in service["image"], name
        if name not in ("init", "prepare"):
            assert "stop_grace_period" in service, name
            assert "healthcheck" in service, name
            assert "mem_limit" in service, name
        assert name == "nginx" or "ports" not in service


@pytest.mark.parametrize("name", NAMES)
def test_images_are_pinned(name: str) -> None:
    for image in re.findall(r"image: \$\{[A-Z_]+:-([^}]+)\}", (ROOT / name).read_text()):
        assert image.startswith("ads-pipeline") or re.search(r":\d+\.?\d*", image), image
