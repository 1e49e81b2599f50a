"""Metrics of the pipeline beside the service's own; dashboard and alert rules name none that does not exist."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml  # type: ignore[import-untyped]
from prometheus_client.metrics import MetricWrapperBase

from ads_pipeline.api import metrics, pipeline_metrics
from ads_pipeline.api.pipeline_metrics import HELP
from ads_pipeline.inbox import metrics as inbox_metrics
from ads_pipeline.pipeline.status import Measured
from tests.api.conftest import Service, event
from tests.commands import ads
from tests.waiting import wait_until

MONITORING = Path(__file__).parents[2] / "docker" / "monitoring"


def own_metrics() -> set[str]:
    """Every metric that the service tells, by the name that Prometheus knows."""
    defined = [value for module in (metrics, inbox_metrics) for value in vars(module).values() if isinstance(value, MetricWrapperBase)]
    names = {family.name + ("_total" if family.type == "counter" else "") for value in defined for family in value.describe()}
    return names | HELP.keys()


def expressions() -> Iterator[str]:
    dashboard: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
    yield from (target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    rules: dict[str, Any] = yaml.safe_load((MONITORING / "alerts.yml").read_text())
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])


def test_dashboard_and_alert_rules_name_metrics_that_exist() -> None:
    named = {name for expression in expressions() for name in re.findall(r"\bads_\w+", expression)}
    assert named - own_metrics() == set()
    assert named >= HELP.keys() - {"ads_pipeline_read_timestamp_seconds"}, "a metric that nobody looks at"


def test_each_rule_says_what_is_wrong_and_what_to_do() -> None:
    rules = [rule for group in yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    for rule in rules:
        assert rule.keys() >= {"alert", "expr", "labels", "annotations"}, rule
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "remedy"}


def values(service: Service) -> dict[str, float]:
    text = httpx.get(f"{service.url}/metrics").text
    return {name: float(value) for name, value in re.findall(r"^(ads_\S+) (\S+)$", text, re.MULTILINE)}


def test_metrics_of_the_pipeline_follow_the_ledger(serve: Callable[..., Service], tmp_path: Path) -> None:
    home = tmp_path / "service"
    landing = home / "landing" / "events"
    landing.mkdir(parents=True)
    (landing / "a.ndjson").write_text("".join(f"{json.dumps(line)}\n" for line in (event(1), event(1), event(2))) + "no json\n")
    (landing / "b.parquet").write_text("none")
    assert ads(home, "ingest").returncode == 1
    service = serve("--open")
    wait_until(lambda: values(service).get("ads_pipeline_up") == 1)
    found = values(service)
    assert found['ads_pipeline_drops{status="loaded"}'] == found['ads_pipeline_drops{status="failed"}'] == 1
    outcomes = {outcome: found[f'ads_pipeline_records{{outcome="{outcome}"}}'] for outcome in ("accepted", "duplicate", "quarantined")}
    assert outcomes == {"accepted": 2, "duplicate": 1, "quarantined": 1}
    assert found["ads_pipeline_unsettled_days"] == 0
    assert found["ads_pipeline_quarantine_held"] == 1
    assert 0 < found['ads_pipeline_batch_seconds{quantile="1"}'] < 60
    checks = {name: found[f'ads_pipeline_check_passed{{check="events.{name}"}}'] for name in ("no_failed_drop", "settled")}
    assert checks == {"no_failed_drop": 0, "settled": 1}
    assert abs(time.time() - found['ads_pipeline_check_timestamp_seconds{check="events.settled"}']) < 60
    assert 'ads_pipeline_check_passed{check="events.retention"}' not in found, "nobody has run it yet"
    assert 0 <= found['ads_pipeline_lag_seconds{quantile="1"}'] < 600
    assert 0 < found["ads_disk_free_bytes"] < found["ads_disk_size_bytes"]
    read_at = found["ads_pipeline_read_timestamp_seconds"]
    assert {values(service)["ads_pipeline_read_timestamp_seconds"] for _ in range(20)} == {read_at}, "the engine is read once a minute"


def test_labels_and_values_are_prometheus_text() -> None:
    assert pipeline_metrics.KEPT_SECONDS >= 30
    text = pipeline_metrics.exposition([Measured("ads_pipeline_drops", "status", "loaded", 3.0)])
    assert text == (
        "# HELP ads_pipeline_drops Drops in the ledger, by status\n# TYPE ads_pipeline_drops gauge\n"
        'ads_pipeline_drops{status="loaded"} 3.0\n'
    )
