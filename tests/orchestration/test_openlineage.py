"""OpenLineage: dagster-openlineage, set up as docs/deploy.md says, tells what was loaded with its columns, and what checks found."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml  # type: ignore[import-untyped]

from ads_pipeline.definitions import build_defs
from ads_pipeline.generate import generate
from ads_pipeline.settings import load_settings
from tests.docs.pages import page

pytest.importorskip("dagster_openlineage")


@pytest.mark.slow
def test_a_run_is_told_by_its_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = [block for block in page("docs/deploy.md").blocks("yaml") if "OpenLineageEventLogStorage" in block]
    config = yaml.safe_load(block)
    config["event_log_storage"]["config"]["wrapped"]["config"]["base_dir"] = str(tmp_path / "storage")
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(config | {"telemetry": {"enabled": False}}))
    told = tmp_path / "told.ndjson"
    for name, value in {"TYPE": "file", "LOG_FILE_PATH": str(told), "APPEND": "true"}.items():
        monkeypatch.setenv(f"OPENLINEAGE__TRANSPORT__{name}", value)
    generate(tmp_path / "landing", events=200, days=2, drops=2)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        job = build_defs(load_settings(home=tmp_path)).resolve_job_def("ingest")
        assert job.execute_in_process(instance=instance).success
    events: list[dict[str, Any]] = [json.loads(line) for line in told.read_text().splitlines()]
    outputs = {data["name"]: data["facets"] for event in events for data in event.get("outputs", []) if data.get("facets")}
    assert {"events", "quarantine", "events_current", "campaign_daily", "publisher_daily"} <= outputs.keys()
    fields = {field["name"]: field["description"] for field in outputs["campaign_daily"]["schema"]["fields"]}
    assert fields["campaign_id"] == "Campaign that the event belongs to"
    checked = [data for event in events for data in event.get("inputs", []) if "dataQualityAssertions" in data.get("inputFacets", {})]
    assert {data["name"] for data in checked} == {"events", "campaign_daily", "publisher_daily"}
