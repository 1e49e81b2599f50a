"""Requests that nobody thought of, made from the OpenAPI document: no 500, and no answer that it does not have."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.api.keys import SCOPES, make_key
from ads_pipeline.settings import load_settings
from tests.api.conftest import Service

ROOT = Path(__file__).parents[2]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"


@pytest.mark.further
def test_every_answer_is_documented(serve: Callable[..., Service], tmp_path: Path) -> None:
    (tmp_path / "service" / "landing").mkdir(parents=True)
    (tmp_path / "service" / "landing" / "a.ndjson").write_text("{}\n")
    key, entry = make_key("fuzz", SCOPES)
    service = serve(api_keys=entry, api_rate="0")
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{service.url}/openapi.json", "--checks", CHECKS]
    options = ["--header", f"Authorization: Bearer {key}", "--max-examples", "20", "--seed", "1", "--generation-database", "none"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
    found = subprocess.run([*command, *options], env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr + service.log[-2000:]


def test_everything_in_the_document_is_described(tmp_path: Path) -> None:
    document = create_app(load_settings(home=tmp_path, api_open="loopback")).openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path}"
            for parameter in operation.get("parameters", []):
                assert parameter["description"], f"{method} {path} {parameter['name']}"


def test_the_examples_are_events_of_the_present(tmp_path: Path) -> None:
    app = create_app(load_settings(home=tmp_path, api_open="loopback", retention_days=1, max_future="1m"))
    content = app.openapi()["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    with TestClient(app) as service:
        for example in content["application/json"]["examples"].values():
            assert service.post("/v1/events", json=example["value"]).json()["rejected"] == []
        kind = {"Content-Type": "application/x-ndjson"}
        assert service.post("/v1/events", content=content["application/x-ndjson"]["example"], headers=kind).json()["accepted"] == 2


def test_the_document_has_the_event_types_that_are_accepted(tmp_path: Path) -> None:
    app = create_app(load_settings(home=tmp_path, api_open="loopback", event_types=("click", "video_start")))
    kinds = app.openapi()["components"]["schemas"]["Event"]["properties"]["event_type"]
    assert (kinds["enum"], kinds["examples"]) == (["click", "video_start"], ["click"])
