"""A user's profile of settings changes no result: a drop is loaded whole, or the run says what it cannot do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ads_pipeline.generate import generate
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import side_by_side
from tests.commands import ads
from tests.servers import Server

pytestmark = pytest.mark.further

EVENTS = 5000

SET_BACK = [
    "limit = 1000, final = 1, data_type_default_nullable = 1, input_format_allow_errors_num = 1000, input_format_allow_errors_ratio = 0.5, "
    "input_format_csv_skip_first_lines = 3, format_csv_delimiter = ';', output_format_json_quote_decimals = 1, "
    "date_time_input_format = 'best_effort_us', date_time_output_format = 'unix_timestamp', transform_null_in = 1, cast_keep_nullable = 1, "
    "aggregate_functions_null_for_empty = 1, empty_result_for_aggregation_by_empty_set = 1, prefer_column_name_to_alias = 1",
    "compatibility = '22.3', async_insert = 1, wait_for_async_insert = 0, insert_deduplicate = 1, join_any_take_last_row = 1",
]
"""Settings that change results: the connection sets them back."""

LIMITED = [
    "max_rows_to_read = 1000, read_overflow_mode = 'break', max_rows_to_read_leaf = 1000, read_overflow_mode_leaf = 'break'",
    "max_result_rows = 3, result_overflow_mode = 'break', max_rows_to_group_by = 3, group_by_overflow_mode = 'any'",
    "max_rows_in_set = 3, set_overflow_mode = 'break', max_rows_in_join = 1, join_overflow_mode = 'break', "
    "max_rows_in_distinct = 1, distinct_overflow_mode = 'break', max_rows_to_sort = 3, sort_overflow_mode = 'break'",
    "use_query_cache = 1",
]
"""Limits that end a statement rather than cut its result, and what the driver's own first query fails under."""

TIMED = "max_execution_time = 0.02, timeout_overflow_mode = 'break', timeout_overflow_mode_leaf = 'break'"


@pytest.fixture
def profiled(database: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """A user whose profile has the settings of this test."""
    with database.connect() as client:
        client.command(f"CREATE USER OR REPLACE profiled IDENTIFIED BY 'x' SETTINGS {request.param}")
        client.command("GRANT ALL ON *.* TO profiled")
        monkeypatch.setenv("ADS_CLICKHOUSE_DSN", f"clickhouse://profiled:x@127.0.0.1:{database.http}")
        yield request.param
        client.command("DROP USER profiled")


PROFILES = [*SET_BACK, LIMITED[0], *(pytest.param(profile, marks=pytest.mark.slow) for profile in (*LIMITED[1:], TIMED))]


@pytest.mark.parametrize("profiled", PROFILES, indirect=True, ids=lambda profile: profile.split(" ")[0])
def test_a_drop_is_loaded_whole_or_not_at_all(profiled: str, database: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = generate(tmp_path / "landing", events=EVENTS, days=2, drops=3, seed=5, duplicates=5, corrections=2, malformed=1)
    columns = "event_id,event_time,event_type,campaign_id\n"
    (tmp_path / "landing" / "a.csv").write_text(columns + "".join(f"c{n},2026-01-0{n % 9 + 1}T00:00:00Z,click,7\n" for n in range(9)))
    result = ads(tmp_path, "ingest", retention_days="0")
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", database.dsn)
    if result.returncode == 0:
        settings = load_settings(home=tmp_path)
        with open_warehouse(settings) as warehouse:
            (counts,) = warehouse.rows(
                Sql("SELECT sum(lines) AS lines, sum(accepted) AS accepted FROM drops FINAL WHERE status = 'loaded'")
            )
            assert counts == {"lines": summary.lines + 9, "accepted": summary.events + 9}, profiled
            assert warehouse.value(Sql("SELECT count() FROM events FINAL")) == summary.events + 9
    else:
        assert profiled in (*LIMITED, TIMED), result.stderr
        assert result.stderr.splitlines()[-1].startswith("Error: "), result.stderr
        assert "Traceback" not in result.stderr
    again = ads(tmp_path, "ingest", retention_days="0")
    assert again.returncode == 0, again.stderr
    check = ads(tmp_path, "check", retention_days="0")
    assert check.returncode == 0, check.stdout + check.stderr
    with open_warehouse(load_settings(home=tmp_path)) as warehouse:
        assert warehouse.value(Sql("SELECT count() FROM events FINAL")) == summary.events + 9


@pytest.mark.parametrize("profiled", ["max_threads = 3 MIN 3 MAX 8, max_memory_usage = 2000000000 CONST"], indirect=True, ids=["both"])
def test_statements_run_side_by_side_within_the_limits_of_a_user(profiled: str, tmp_path: Path) -> None:
    with open_warehouse(load_settings(home=tmp_path, memory=3 << 30)) as warehouse:
        threads = [lambda place: int(place.value(Sql("SELECT getSetting('max_threads')")))] * 2
        assert side_by_side(warehouse, threads) == [3, 3], profiled
