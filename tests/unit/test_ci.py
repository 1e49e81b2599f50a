"""Workflows and locks: what they name exists, is pinned, and is what `pyproject.toml` asks for."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ads_pipeline import __version__

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_names_what_exists(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}, "a job takes more rights only for itself"
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    stages = set(re.findall(r"^FROM .* AS (\w+)$", (ROOT / "docker" / "Dockerfile").read_text(), re.MULTILINE))
    assert all(set(job.get("needs", "").split()) <= jobs(path).keys() for job in jobs(path).values())
    for step in steps(path):
        assert ("run" in step) != ("uses" in step), step
        run = step.get("run", "")
        assert set(re.findall(r"\bmake ([a-z-]+)", run)) <= targets, run
        assert set(re.findall(r"--target (\w+)", run)) <= stages, run
        assert all((ROOT / file).exists() for file in re.findall(r"(?:^|--file )(docker/\S+|\.ci/\S+)", run, re.MULTILINE)), run
        assert re.fullmatch(r"|[\w.-]+/[\w./-]+@(v\d+(\.\d+)*|[0-9a-f]{40})", step.get("uses", "")), step


def test_what_is_promised_runs_on_each_push() -> None:
    """`test_reference` compares the versions of Python."""
    found = jobs(ROOT / ".github" / "workflows" / "ci.yml")
    assert found.keys() >= {"lint", "test", "wheel", "image", "stack", "docs"}
    matrix = found["test"]["strategy"]["matrix"]
    versions = [*matrix["clickhouse"], *(include["clickhouse"] for include in matrix["include"])]
    assert versions[0] == "24.10", "the oldest that is supported"
    assert versions[-1] == "latest"
    assert all(re.fullmatch(r"2\d\.\d+|latest", version) for version in versions)
    server = (ROOT / "docs" / "server.md").read_text()
    assert "24.10" in server
    run = "\n".join(step.get("run", "") for job in found.values() for step in job["steps"])
    assert all(f"make {target}" in run for target in ("lint", "setup", "test-deploy", "docs"))
    assert "make test\nmake test-further\n" in (ROOT / ".ci" / "run").read_text()


def test_a_release_has_wheel_images_parts_lists_and_attestations() -> None:
    path = ROOT / ".github" / "workflows" / "release.yml"
    used = {step.get("uses", "").partition("@")[0] for step in steps(path)}
    assert used >= {"anchore/sbom-action", "actions/attest-build-provenance", "actions/attest-sbom"}
    check = "\n".join(step.get("run", "") for step in jobs(path)["check"]["steps"])
    assert '__version__ = \\"$version\\"' in check
    assert f'__version__ = "{__version__}"' in (ROOT / "ads_pipeline" / "__init__.py").read_text()
    assert re.search(rf"^## {re.escape(__version__)}", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def locked(name: str) -> dict[str, str]:
    """Versions by package; each has a hash."""
    entries = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)[^\n]*\\\n    --hash=", (ROOT / name).read_text(), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in entries}


def asked(*extras: str) -> list[Requirement]:
    project = PROJECT["project"]
    texts = [*project["dependencies"], *(text for extra in extras for text in project["optional-dependencies"][extra])]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("docker/server.lock", ["server"]),
        ("docker/embedded.lock", ["embedded"]),
        ("requirements.lock", ["server", "embedded", "openlineage"]),
    ],
)
def test_a_lock_has_what_is_asked_for(name: str, extras: list[str]) -> None:
    """The extra `openlineage` is none of the images': docs/deploy.md says how it is added."""
    there = locked(name)
    wanted = asked(*extras)
    if name == "requirements.lock":
        groups = PROJECT["dependency-groups"]
        wanted += [Requirement(text) for group in ("dev", "docs") for text in groups[group]]
    for requirement in wanted:
        version = there.get(canonicalize_name(requirement.name))
        assert version, f"{name} lacks {requirement}: run `make lock`"
        assert requirement.specifier.contains(version, prereleases=True), f"{name} has {requirement.name} {version}: run `make lock`"
    everything = locked("requirements.lock")
    assert {package: version for package, version in there.items() if everything.get(package, version) != version} == {}
