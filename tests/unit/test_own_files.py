"""SQL files of a user's own: what a rollup may be called, what a check's heading says, and which file wins."""

import re
from pathlib import Path

import pytest

from ads_pipeline.errors import SettingsError, UsageError
from ads_pipeline.pipeline.examples import find_examples
from ads_pipeline.pipeline.quality import all_checks, choose_checks
from ads_pipeline.pipeline.rollups import refused_files, rollup_names
from ads_pipeline.pipeline.sources import find_source, source_files
from ads_pipeline.settings import load_settings

CHECK = "-- Nothing is wrong.\n-- severity: warning\nSELECT 0 AS observed, [] AS sample\n"


def put(folder: Path, name: str, text: str = "SELECT 1\n") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mine", ""),
        ("Mine_2", ""),
        ("a" * 128, ""),
        ("a" * 129, "at most 128 characters"),
        ("2mine", "begin with a letter"),
        ("my-rollup", "only letters, digits and underscores"),
        ("müller", "only letters, digits and underscores"),
        ("events", "reserved for a table of the pipeline"),
        ("drops", "reserved for a table of the pipeline"),
        ("events_current", "reserved for a table of the pipeline"),
        ("landing", "reserved for a table of the pipeline"),
        ("scratch_mine", "reserved for a table of the pipeline"),
        ("campaign_daily_view", "that of a view of the rollup campaign_daily"),
        ("campaign_daily_report", "that of a view of the rollup campaign_daily"),
    ],
)
def test_what_a_rollup_may_be_called(tmp_path: Path, name: str, reason: str) -> None:
    put(tmp_path, f"rollups/{name}.sql")
    settings = load_settings(sql_dir=tmp_path)
    assert (name in rollup_names(settings)) is not bool(reason)
    assert {"campaign_daily", "publisher_daily"} <= set(rollup_names(settings))
    refused = refused_files(settings)
    assert set(refused) == ({name} if reason else set())
    assert reason in refused.get(name, "")


def test_a_rollup_that_is_no_text(tmp_path: Path) -> None:
    put(tmp_path, "rollups/mine.sql")
    (tmp_path / "rollups" / "mine.sql").write_bytes(b"SELECT '\xff'")
    assert refused_files(load_settings(sql_dir=tmp_path)) == {"mine": "sql/rollups/mine.sql is not UTF-8"}


def test_a_heading_says_how_a_check_is_judged(tmp_path: Path) -> None:
    put(tmp_path, "checks/events/mine.sql", CHECK.replace("warning", "warning\n-- passes: 0.25\n-- runs: by shard"))
    put(tmp_path, "checks/rollup/each.sql", CHECK)
    settings = load_settings(sql_dir=tmp_path)
    (mine,) = choose_checks(settings, ("events.mine",))
    assert (mine.severity, mine.passes, mine.by_shard, mine.description) == ("warning", 0.25, True, "Nothing is wrong.")
    each = choose_checks(settings, ("each",))
    assert [(check.full_name, check.passes, check.by_shard) for check in each] == [
        ("campaign_daily.each", 0, False),
        ("publisher_daily.each", 0, False),
    ]


def test_a_check_without_a_severity_is_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, "checks/events/mine.sql", "-- Nothing is wrong.\nSELECT 0 AS observed, [] AS sample\n")
    with pytest.raises(SettingsError, match="check mine has no severity: add `-- severity: error`"):
        all_checks(load_settings(sql_dir=tmp_path))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("FROM {{ table }}", "check mine: unknown part 'table'; supported: database"),
        ("{% if %}", "sql/checks/events/mine.sql, line 4: "),
    ],
)
def test_a_check_that_no_engine_will_see_is_refused_by_name(tmp_path: Path, body: str, said: str) -> None:
    put(tmp_path, "checks/events/mine.sql", CHECK.rstrip("\n") + f"\n{body}\n")
    with pytest.raises(SettingsError, match=re.escape(said)):
        all_checks(load_settings(sql_dir=tmp_path))


def test_checks_are_chosen_by_name_full_name_or_asset() -> None:
    settings = load_settings()
    assert choose_checks(settings, ()) == all_checks(settings)
    assert {check.asset for check in choose_checks(settings, ("exact",))} == {"campaign_daily", "publisher_daily"}
    assert [check.full_name for check in choose_checks(settings, ("campaign_daily",))] == ["campaign_daily.exact", "campaign_daily.fresh"]
    with pytest.raises(UsageError, match=r"'nope'.*events\.settled"):
        choose_checks(settings, ("exact", "nope"))


def test_a_file_of_ones_own_wins_with_its_examples(tmp_path: Path) -> None:
    put(tmp_path, "sources/adbids.sql", "SELECT 'mine'\n")
    put(tmp_path, "sources/adbids/first/expect.ndjson", "")
    put(tmp_path, "sources/new.sql")
    settings = load_settings(sql_dir=tmp_path)
    assert source_files(settings)["adbids"].text.strip() == "SELECT 'mine'"
    assert [example.title for example in find_examples(settings, "source", ["adbids"])] == ["adbids/first"]
    assert find_source(settings, "new") == "new"
    with pytest.raises(UsageError, match=r"'nope'; there are: adbids, .*events, .*new"):
        find_source(settings, "nope")
