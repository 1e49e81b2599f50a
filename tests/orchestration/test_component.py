"""The component, brought into a project of its own as YAML: two instances beside each other, each with its own prefix and home."""

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster.components.core.package_entry import get_package_objects_in_module  # what `dg list components` does
from dagster.components.testing import DefsFolderSandbox, create_defs_folder_sandbox

from ads_pipeline import AdsPipelineComponent
from ads_pipeline.generate import generate

# of Dagster's own reader of YAML
pytestmark = pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated")


@pytest.fixture
def project() -> Iterator[DefsFolderSandbox]:
    with create_defs_folder_sandbox() as sandbox:
        yield sandbox


def add(project: DefsFolderSandbox, folder: str, **attributes: Any) -> Path:
    contents = {"type": "ads_pipeline.AdsPipelineComponent", "attributes": attributes}
    return project.scaffold_component(AdsPipelineComponent, defs_path=folder, defs_yaml_contents=contents)


def test_what_is_scaffolded_loads(project: DefsFolderSandbox) -> None:
    path = project.scaffold_component(AdsPipelineComponent)
    with project.load_component_and_build_defs(path) as (component, defs):
        assert isinstance(component, AdsPipelineComponent)
        assert component.prefix == "ads"
        assert defs.get_assets_def(dg.AssetKey(["ads", "campaign_daily"]))


def test_dg_finds_the_component() -> None:
    (entry,) = entry_points(group="dagster_dg_cli.registry_modules", name="ads_pipeline")
    found = dict(get_package_objects_in_module(entry.load()))
    assert found == {"AdsPipelineComponent": AdsPipelineComponent}


@pytest.mark.further
def test_two_instances_run_side_by_side(project: DefsFolderSandbox, tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    (tmp_path / "sql" / "rollups").mkdir(parents=True)
    mine = "SELECT event_date, country, sumSimpleState(toUInt64(1)) AS events FROM events GROUP BY event_date, country"
    (tmp_path / "sql" / "rollups" / "country_daily.sql").write_text(mine)
    generate(project.project_root / "one" / "landing", events=500, days=2, drops=2, duplicates=5, corrections=5, malformed=2)
    add(project, "one", prefix="one", settings={"home": "one", "retention_days": 10})
    add(project, "two", prefix="two", settings={"home": str(tmp_path / "two"), "sql_dir": str(tmp_path / "sql")})
    with project.build_all_defs() as defs, dg.DagsterInstance.ephemeral() as instance:
        keys = {key.to_user_string() for key in defs.resolve_all_asset_keys()}
        assert {"one/events", "one/campaign_daily", "two/events", "two/country_daily"} <= keys
        assert "one/country_daily" not in keys
        for prefix, loads in (("one", True), ("two", False)):
            # a job that is launched without a partition loads whatever has landed
            result = defs.resolve_job_def(f"{prefix}_ingest").execute_in_process(instance=instance)
            assert result.success
            assert bool(instance.get_materialized_partitions(dg.AssetKey([prefix, "campaign_daily"]))) == loads


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"prefix": "a b"}, "prefix is 'a b': begin it with a letter"),
        ({"settings": {"retention_days": -4}}, "ADS_RETENTION_DAYS is -4"),
        ({"settings": {"hoem": "x"}}, "hoem"),
    ],
    ids=["prefix", "value", "name"],
)
def test_what_is_wrong_is_named(project: DefsFolderSandbox, attributes: dict[str, Any], told: str) -> None:
    path = add(project, "wrong", **attributes)
    with pytest.raises(Exception, match="wrong") as caught, project.load_component_and_build_defs(path):
        pass
    assert told in f"{caught.value}\n{caught.value.__cause__}"
