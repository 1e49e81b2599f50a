"""The collections of requests: in step with the OpenAPI document and with each other, and every request works."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient

from ads_pipeline.api.app import create_app
from ads_pipeline.contract import Event
from ads_pipeline.settings import load_settings
from tests.compression import zstd

DOCS = Path(__file__).parents[2] / "docs"
HOST = "http://127.0.0.1:8000"
NOW = datetime.now(UTC).isoformat()
SYSTEM = {"{{$datetime iso8601}}": NOW, "{{$isoTimestamp}}": NOW, "{{$guid}}": "0b0c4d0e"}


@dataclass
class Request:
    """A request of a collection, with the values of variables filled in."""

    name: str
    method: str
    url: str
    headers: dict[str, str]
    body: str = ""
    answers: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> set[str]:
        return {name for name, _ in parse_qsl(urlsplit(self.url).query)}

    @property
    def events(self) -> list[Any]:
        if "ndjson" in self.headers.get("Content-Type", ""):
            return [json.loads(line) for line in self.body.splitlines()]
        found = json.loads(self.body) if self.body else []
        return found if isinstance(found, list) else [found]


def filled(text: str, variables: dict[str, str]) -> str:
    for _ in range(2):  # a variable's value may be another variable
        for name, value in variables.items():
            text = text.replace("{{" + name + "}}", value)
    for name, value in SYSTEM.items():
        text = text.replace(name, value)
    assert "{{" not in text
    return text


def of_rest_client() -> tuple[dict[str, str], list[Request]]:
    text = (DOCS / "requests.http").read_text()
    variables = dict(re.findall(r"^@(\w+) = ?(.*)$", text, re.MULTILINE))
    requests = []
    for block in text.split("\n### ")[1:]:
        name, _, rest = filled(block, variables).partition("\n")
        head, _, body = rest.partition("\n\n")
        (method, url), *headers = [re.split(r":? ", line, maxsplit=1) for line in head.splitlines() if not line.startswith("#")]
        answers = re.findall(r"^# answers (\d+)$", head, re.MULTILINE)
        requests.append(Request(name, method, url, dict(headers), body.strip(), answers))
    return variables, requests


def of_postman() -> tuple[dict[str, str], list[Request]]:
    collection = json.loads((DOCS / "postman_collection.json").read_text())
    variables = {item["key"]: item["value"] for item in collection["variable"]}
    (token,) = (item["value"] for item in collection["auth"]["bearer"])
    requests = []
    for item in json.loads(filled(json.dumps(collection["item"]), variables)):
        request = item["request"]
        authorization = {} if "auth" in request else {"Authorization": f"Bearer {filled(token, variables)}"}
        headers = authorization | {header["key"]: header["value"] for header in request["header"]}
        answers = re.findall(r"^answers (\d+)$", request.get("description", ""), re.MULTILINE)
        requests.append(Request(item["name"], request["method"], request["url"], headers, request.get("body", {}).get("raw", ""), answers))
    return variables, requests


COLLECTIONS = pytest.mark.parametrize("requests", [of_rest_client()[1], of_postman()[1]], ids=["requests.http", "postman_collection.json"])


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    return create_app(load_settings(home=tmp_path, api_open="loopback")).openapi()


def operation(document: dict[str, Any], request: Request) -> tuple[str, str]:
    """The method and the path of the document that a request is for."""
    paths = [path for path in document["paths"] if re.fullmatch(re.sub(r"\{\w+\}", ".+", path), request.path)]
    return request.method, max(paths, key=len)  # `{name}/why` rather than `{name}`


def test_both_have_the_same_requests_and_variables() -> None:
    (rest_variables, rest), (postman_variables, postman) = of_rest_client(), of_postman()
    assert rest == postman
    assert rest_variables.keys() == postman_variables.keys()
    assert {name: rest_variables[name] for name in ("host", "key", "drop")} == {
        name: postman_variables[name] for name in ("host", "key", "drop")
    }


@COLLECTIONS
def test_every_operation_has_a_request(requests: list[Request], document: dict[str, Any]) -> None:
    documented = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert {operation(document, request) for request in requests} == documented


@COLLECTIONS
def test_parameters_and_headers_are_documented(requests: list[Request], document: dict[str, Any]) -> None:
    for request in requests:
        method, path = operation(document, request)
        described = document["paths"][path][method.lower()]
        takes_key = any(described.get("security", []))
        parameters = {(item["in"], item["name"].lower()) for item in described.get("parameters", [])}
        allowed = {name for place, name in parameters if place == "header"}
        allowed |= {"authorization"} if takes_key else set()
        allowed |= {"content-type"} if request.headers.get("Content-Type") in described.get("requestBody", {}).get("content", {}) else set()
        assert {name.lower() for name in request.headers} <= allowed, request.name
        assert request.query <= {name for place, name in parameters if place == "query"}, request.name
        assert takes_key == ("Authorization" in request.headers), request.name
        assert set(request.answers) <= set(described["responses"]), request.name


@COLLECTIONS
def test_example_events_keep_the_contract(requests: list[Request]) -> None:
    events = [event for request in requests if "422" not in request.answers for event in request.events]
    assert len(events) == 5
    for event in events:
        Event.model_validate(event)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestClient]:
    """A running service that has the drop that the collections read."""
    drop = tmp_path / "landing" / of_rest_client()[0]["drop"]
    drop.parent.mkdir(parents=True)
    drop.write_bytes(zstd.compress(b"\n"))
    with TestClient(create_app(load_settings(home=tmp_path, api_open="loopback")), base_url=HOST) as client:
        yield client


def test_every_request_works(service: TestClient) -> None:
    for request in of_rest_client()[1]:
        response = service.request(request.method, request.url, headers=request.headers, content=request.body)
        expected = map(int, request.answers) if request.answers else range(200, 400)
        assert response.status_code in expected, (request.name, response.text)
