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


def test_monitoring_is_a_profile_whose_files_name_what_there_is() -> None:
    found = services("docker-compose.yml")
    own = {name for name, service in found.items() if service.get("profiles") == ["monitoring"]}
    assert own == {"prometheus", "grafana"}
    mounted = "./docker/monitoring:/etc/ads/monitoring:ro"
    assert all(mounted in found[name]["volumes"] for name in own)

    def here(path: str) -> Path:
        return ROOT / "docker" / "monitoring" / Path(path).relative_to("/etc/ads/monitoring")

    prometheus = yaml.safe_load(here("/etc/ads/monitoring/prometheus.yml").read_text())
    assert "--config.file=/etc/ads/monitoring/prometheus.yml" in found["prometheus"]["command"]
    assert all(here(path).exists() for path in prometheus["rule_files"])
    (scraped,) = prometheus["scrape_configs"][0]["dns_sd_configs"]
    assert ":8000/healthz" in str(found[scraped["names"][0]]["healthcheck"])
    assert scraped["port"] == 8000
    provisioned = here(found["grafana"]["environment"]["GF_PATHS_PROVISIONING"])
    (source,) = yaml.safe_load((provisioned / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    (provider,) = yaml.safe_load((provisioned / "dashboards" / "ads_pipeline.yml").read_text())["providers"]
    assert [path.name for path in here(provider["options"]["path"]).glob("*.json")] == ["dashboard.json"]
    assert "location /grafana/" in (ROOT / "docker" / "nginx" / "nginx.conf").read_text()
    networks = [set(found[name]["networks"]) for name in (*own, "api", "nginx")]
    assert "edge" in set.intersection(*networks)


@pytest.mark.parametrize("name", NAMES)
def test_images_are_pinned(name: str) -> None:
    for image in re.findall(r"image: \$\{[A-Z_]+:-([^}]+)\}", (ROOT / name).read_text()):
        assert image.startswith("ads-pipeline") or re.search(r":v?\d+\.?\d*", image), image
