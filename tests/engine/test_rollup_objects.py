"""What exists of a rollup decides: half done, half gone, without a file, or throwing, it ends exact or apart, and stops nobody."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ads_pipeline.cli import main
from ads_pipeline.errors import SetApartError, SettingsError, UsageError
from ads_pipeline.pipeline.backfill import accept_days, backfill, plan_backfill
from ads_pipeline.pipeline.changes import plan_changes
from ads_pipeline.pipeline.making import drop_rollup
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.retention import enforce_retention
from ads_pipeline.pipeline.rollup_facts import APART, MADE, SELECT
from ads_pipeline.pipeline.rollups import all_rollups, find_rollup
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.pipeline.status import examine, list_rollups
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.state import read_state, write_state
from ads_pipeline.warehouse.statements import Name, Part, Sql, statement
from tests.engine.conftest import Home, event
from tests.engines import fresh_database

TODAY = datetime.now(UTC).date()
OLD = TODAY - timedelta(days=10)
RUN = str(Path(__file__).with_name("stopped_run.py"))

COUNTRIES = "SELECT event_date, country, sumSimpleState(toUInt64(1)) AS events FROM events GROUP BY event_date, country"
COSTS = COUNTRIES.replace(" FROM events", ", sumSimpleState(cost) AS cost FROM events")
NUMBERS = "SELECT event_date, country, sumSimpleState(toUInt64(event_id)) AS events FROM events GROUP BY event_date, country"


class Files:
    """A folder of SQL with one rollup's file, `mine`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "rollups" / "mine.sql"
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def put(self, select: str) -> None:
        self.path.write_text(f"-- grain: one event day and country\n{select}\n")

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "sql")


def truth(*drops: Sequence[dict[str, Any]]) -> dict[tuple[date, str], int]:
    """Events by day and country: the last received of an id wins."""
    last = {(item["event_time"][:10], item["event_id"]): item for drop in drops for item in drop}
    counted = Counter[tuple[date, str]]()
    for item in last.values():
        counted[date.fromisoformat(item["event_time"][:10]), item["country"]] += 1
    return dict(counted)


def held(home: Home, what: str = "mine_report") -> dict[tuple[date, str], int]:
    return {(row["event_date"], row["country"]): row["events"] for row in home.ask(f"SELECT event_date, country, events FROM {what}")}


def assert_sound(home: Home) -> None:
    assert plan_changes(home.warehouse, home.settings) == []
    for check in all_checks(home.settings):
        result = run_check(home.warehouse, home.settings, check)
        assert result.passed, result


FIRST = [event(1, country="DE"), event(2, country="FR"), event(3, country="FR", day=OLD.isoformat())]
SECOND = [event(2, country="DE"), event(4, country="FR")]
THIRD = [event(4, country="ES"), event(5, country="ES")]


# killed while it is made or changed


def settings_of(home: Path, files: Files, **more: Any) -> Any:
    return load_settings(home=home, sql_dir=files.folder, **more)


def begin(home: Path, files: Files, kind: str) -> None:
    """A home with rows, one of a day that expires, at the moment before `ads init` makes or changes the rollup."""
    settings = settings_of(home, files)
    files.put(COUNTRIES) if kind == "changed" else files.remove()
    with open_warehouse(settings, write=True) as warehouse:
        found = Home(settings, warehouse)
        found.land("a.ndjson", *FIRST)
        found.ingest()
        if kind == "changed":
            shorter = settings_of(home, files, retention_days=7)
            apply_changes(warehouse, shorter)
            enforce_retention(warehouse, shorter)
    files.put(COSTS)


def stopped(home: Path, files: Files, kind: str, place: int, monkeypatch: pytest.MonkeyPatch) -> subprocess.CompletedProcess[str]:
    monkeypatch.setenv("ADS_SQL_DIR", str(files.folder))
    if kind == "changed":
        monkeypatch.setenv("ADS_RETENTION_DAYS", "7")
    return subprocess.run([sys.executable, RUN, str(home), str(place), "init", "KILL"], capture_output=True, text=True, check=False)


def assert_recovers(home: Path, files: Files, kind: str, then: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ingest with the old or the new file leaves it exact, or says that `ads init` is needed; `ads init` with the new file does."""
    expected = truth(FIRST, SECOND)
    if then == "old":
        files.put(COUNTRIES) if kind == "changed" else files.remove()
    settings = load_settings(home=home)
    with open_warehouse(settings, write=True) as warehouse:
        found = Home(settings, warehouse)
        found.land("b.ndjson", *SECOND)
        if any(not change.safe for change in plan_changes(warehouse, settings)):
            assert kind == "changed"
            with pytest.raises(SettingsError, match="Apply it with `ads init`"):
                found.ingest()
            apply_changes(warehouse, settings)
        found.ingest()
        if any(rollup.name == "mine" for rollup in all_rollups(warehouse, settings)):
            assert held(found) == expected
        else:
            assert (kind, then) == ("new", "old")
        assert_sound(found)
        files.put(COSTS)
        apply_changes(warehouse, settings)
        assert held(found) == expected
        assert_sound(found)


COUNTED: dict[tuple[str, str], int] = {}


@pytest.fixture(params=["new", pytest.param("changed", marks=pytest.mark.each_engine)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def statements(kind: str, engine: str, tmp_path: Path, files: Files, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements `ads init` has when it lives."""
    if (kind, engine) not in COUNTED:
        fresh_database(monkeypatch)
        begin(tmp_path / "alive", files, kind)
        result = stopped(tmp_path / "alive", files, kind, -1, monkeypatch)
        assert result.returncode == 0, result.stderr
        COUNTED[kind, engine] = int(result.stdout)
        monkeypatch.delenv("ADS_RETENTION_DAYS", raising=False)
    fresh_database(monkeypatch)
    return COUNTED[kind, engine]


@pytest.mark.further
@pytest.mark.parametrize("then", [pytest.param("old", marks=pytest.mark.slow), "new"])
@pytest.mark.parametrize("share", [pytest.param(n / 12, marks=[pytest.mark.slow] * (n != 8)) for n in range(12)])
def test_killed_during_init(
    kind: str, then: str, share: float, statements: int, tmp_path: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tmp_path, files, kind)
    assert stopped(tmp_path, files, kind, int(share * statements), monkeypatch).returncode == -9
    assert_recovers(tmp_path, files, kind, then, monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("then", ["old", "new"])
def test_killed_at_every_statement_of_init(
    kind: str, then: str, statements: int, tmp_path: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(statements):
        monkeypatch.delenv("ADS_RETENTION_DAYS", raising=False)
        fresh_database(monkeypatch)
        begin(tmp_path / str(place), files, kind)
        assert stopped(tmp_path / str(place), files, kind, place, monkeypatch).returncode == -9
        assert_recovers(tmp_path / str(place), files, kind, then, monkeypatch)


# half gone


@pytest.fixture
def made(make_home: Callable[..., Home], files: Files) -> Home:
    """A home with a rollup of its own, and rows."""
    files.put(COUNTRIES)
    home = make_home(sql_dir=files.folder)
    home.land("a.ndjson", *FIRST)
    home.ingest()
    return home


def local(home: Home, sql: str) -> None:
    home.warehouse.ddl.run(Sql(sql + " {{ on_cluster }} SYNC", {}))


def lose_table_and_state(home: Home) -> None:
    local(home, "DROP TABLE mine")
    write_state(home.warehouse, **{MADE + "mine": ""})


LOSSES: dict[str, Callable[[Home], None]] = {
    "view": lambda home: local(home, "DROP VIEW mine_view"),
    "table": lambda home: local(home, "DROP TABLE mine"),
    "report": lambda home: home.warehouse.run(Sql("DROP VIEW mine_report {{ on_cluster }} SYNC", {})),
    "state": lambda home: write_state(home.warehouse, **{MADE + "mine": ""}),
    "state of another": lambda home: write_state(home.warehouse, **{MADE + "mine": "0" * 64}),
    "text": lambda home: write_state(home.warehouse, **{key: "" for key in read_state(home.warehouse) if key.startswith(SELECT)}),
    "table and state": lose_table_and_state,
}


@pytest.mark.parametrize("lost", [pytest.param(lost, marks=[pytest.mark.slow] * (lost not in ("view", "table"))) for lost in LOSSES])
def test_what_is_lost_by_hand_is_made_again(made: Home, lost: str) -> None:
    LOSSES[lost](made)
    changes = plan_changes(made.warehouse, made.settings)
    assert "mine" in [change.name for change in changes]
    assert not next(finding for finding in examine(made.warehouse, made.settings) if finding.name == "schema").ok
    made.land("b.ndjson", *SECOND)
    made.ingest()
    assert held(made) == truth(FIRST, SECOND)
    assert_sound(made)


def test_days_that_are_lost_with_a_table_are_said(made: Home, make_home: Callable[..., Home], files: Files) -> None:
    home = make_home(sql_dir=files.folder, retention_days=7)
    apply_changes(home.warehouse, home.settings)
    enforce_retention(home.warehouse, home.settings)
    local(home, "DROP TABLE mine")
    home.ingest()
    assert held(home) == {key: count for key, count in truth(FIRST).items() if key[0] != OLD}
    red = [result for check in all_checks(home.settings) if not (result := run_check(home.warehouse, home.settings, check)).passed]
    assert [(result.check, result.sample) for result in red] == [("settled", [str(OLD)])]
    home.ingest()
    assert accept_days(begin_run(home.warehouse, home.settings), OLD, OLD) == [OLD]
    assert_sound(home)


def test_a_view_of_another_select_is_made_anew(made: Home) -> None:
    local(made, "DROP VIEW mine_view")
    other = COUNTRIES.replace("toUInt64(1)", "toUInt64(7)")
    parts: dict[str, Part] = {"view": Name("mine_view"), "table": Name("mine"), "select": Sql(other), "checksum": Sql(Sql(other).checksum)}
    made.warehouse.ddl.run(statement("maintenance/rollup_view", **parts))
    made.land("b.ndjson", *SECOND)
    made.ingest()
    assert held(made) == truth(FIRST, SECOND)
    assert_sound(made)


def test_a_rollup_of_an_earlier_release_is_taken_over_as_it_is(made: Home) -> None:
    for table in ("mine", "mine_view"):
        made.warehouse.ddl.run(Sql(f"ALTER TABLE {table} {{{{ on_cluster }}}} MODIFY COMMENT ''", {}))
    LOSSES["text"](made)
    parts = "SELECT name FROM system.parts WHERE database = currentDatabase() AND table = 'mine' AND active ORDER BY name"
    before = made.warehouse.shards[0].column(Sql(parts))
    assert "take over rollup mine from an earlier release" in [change.text for change in plan_changes(made.warehouse, made.settings)]
    begin_run(made.warehouse, made.settings)
    assert made.warehouse.shards[0].column(Sql(parts)) == before
    assert_sound(made)


@pytest.mark.parametrize(
    "select", [COUNTRIES.replace("country", "device"), COUNTRIES.replace(" AS events", " AS events, sumSimpleState(cost) AS c")]
)
def test_a_half_made_table_of_an_earlier_release_is_no_rollup_of_another_select(made: Home, files: Files, select: str) -> None:
    made.warehouse.ddl.run(Sql("ALTER TABLE mine {{ on_cluster }} MODIFY COMMENT ''", {}))
    local(made, "DROP VIEW mine_view")
    LOSSES["state"](made)
    files.put(select)
    with pytest.raises(SettingsError, match="rebuild rollup mine"):
        begin_run(made.warehouse, made.settings)
    apply_changes(made.warehouse, made.settings)
    assert_sound(made)


# without a file


@pytest.mark.further
def test_a_rollup_without_a_file_here_is_kept_all_the_same(made: Home, make_home: Callable[..., Home], files: Files) -> None:
    home = make_home()
    home.land("b.ndjson", *SECOND)
    home.ingest()
    assert held(home) == truth(FIRST, SECOND)
    finding = next(found for found in examine(home.warehouse, home.settings) if found.name == "rollups")
    assert finding.ok
    assert "`ads rollup drop mine` drops it" in finding.text
    run = begin_run(home.warehouse, home.settings)
    backfill(run, plan_backfill(run, run.rollups, OLD, TODAY))
    assert held(home) == truth(FIRST, SECOND)
    local(home, "DROP VIEW mine_view")
    home.land("c.ndjson", *THIRD)
    home.ingest()
    assert held(home) == truth(FIRST, SECOND, THIRD)
    home = make_home(sql_dir=files.folder)
    assert held(home) == truth(FIRST, SECOND, THIRD)
    assert_sound(home)


@pytest.mark.further
def test_one_whose_select_nobody_noted_is_filled_again_when_its_file_is_back(
    made: Home, make_home: Callable[..., Home], files: Files
) -> None:
    made.warehouse.ddl.run(Sql("ALTER TABLE mine {{ on_cluster }} MODIFY COMMENT ''", {}))
    LOSSES["text"](made)
    home = make_home()
    home.land("b.ndjson", *SECOND)
    home.ingest()
    assert not next(found for found in examine(home.warehouse, home.settings) if found.name == "rollups").ok
    home = make_home(sql_dir=files.folder)
    begin_run(home.warehouse, home.settings)
    assert held(home) == truth(FIRST, SECOND)
    assert_sound(home)


@pytest.mark.further
def test_a_rollup_is_dropped_and_may_come_back(made: Home, make_home: Callable[..., Home], files: Files) -> None:
    with pytest.raises(UsageError, match=r"remove rollups/mine.sql first"):
        drop_rollup(made.warehouse, made.settings, "mine")
    home = make_home()
    with pytest.raises(UsageError, match="unknown rollup 'nobodys'; there are: campaign_daily, mine, publisher_daily"):
        drop_rollup(home.warehouse, home.settings, "nobodys")
    drop_rollup(home.warehouse, home.settings, "mine")
    left = "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'mine')"
    assert home.warehouse.column(Sql(left)) == home.warehouse.ddl.column(Sql(left)) == []
    assert [key for key in read_state(home.warehouse) if "mine" in key] == []
    home.land("b.ndjson", *SECOND)
    home.ingest()
    assert_sound(home)
    home = make_home(sql_dir=files.folder)
    begin_run(home.warehouse, home.settings)
    assert held(home) == truth(FIRST, SECOND)
    assert_sound(home)


# set apart


def numbered(*numbers: int | str, country: str = "DE", day: date = TODAY) -> list[dict[str, Any]]:
    return [event(0, country=country, day=day.isoformat()) | {"event_id": str(number)} for number in numbers]


def assert_apart(home: Home) -> None:
    """Its checks are red and say why, everything else is well."""
    results = [run_check(home.warehouse, home.settings, check) for check in all_checks(home.settings)]
    red = [result for result in results if not result.passed]
    assert {result.check for result in red} == {result.check for result in results if result.asset == "mine"}
    assert all(result.asset == "mine" and result.sample[0].startswith("set apart: ") for result in red)
    with pytest.raises(SetApartError, match=r"rollup mine is set apart: .*It comes back by itself"):
        find_rollup(home.warehouse, home.settings, "mine")


def test_a_name_that_stands_for_a_column_of_the_rollup_is_said(make_home: Callable[..., Home], files: Files) -> None:
    files.put(
        "SELECT event_date, country, sumSimpleState(cost) AS cost, maxSimpleState(cost) AS dearest FROM events GROUP BY event_date, country"
    )
    home = make_home(sql_dir=files.folder)
    with pytest.raises(SettingsError, match=r"rollup mine .*cost is that column of the rollup; write events\.cost for the field"):
        apply_changes(home.warehouse, home.settings)


@pytest.mark.further
def test_one_that_throws_on_its_first_fill_stops_nobody_and_comes_back(make_home: Callable[..., Home], files: Files) -> None:
    files.put(NUMBERS)
    home = make_home(sql_dir=files.folder)
    files.remove()
    home.land("a.ndjson", *numbered(1, "x2"))
    home.ingest()
    files.put(NUMBERS)
    home.land("b.ndjson", *numbered(3))
    report = home.ingest()
    assert report.drops == 1
    assert "x2" in report.apart["mine"]
    assert_apart(home)
    with pytest.raises(SettingsError, match=r"rollup mine is set apart: .*x2"):
        apply_changes(home.warehouse, home.settings)
    files.put(NUMBERS.replace("toUInt64(", "toUInt64OrZero("))
    begin_run(home.warehouse, home.settings)
    assert held(home) == {(TODAY, "DE"): 4}
    assert_sound(home)
    files.put(NUMBERS)  # as it cannot be filled, what was made before stays kept
    with pytest.raises(SettingsError, match="Apply it with `ads init`"):
        home.ingest()
    with pytest.raises(SettingsError, match=r"rollup mine is set apart: .*x2"):
        apply_changes(home.warehouse, home.settings)
    home.land("c.ndjson", *numbered(5))
    home.ingest()
    assert held(home) == {(TODAY, "DE"): 9}
    files.put(NUMBERS.replace("toUInt64(", "toUInt64OrZero("))
    assert_sound(home)


@pytest.mark.each_engine
def test_one_that_throws_on_an_event_is_set_apart_and_other_drops_are_loaded(make_home: Callable[..., Home], files: Files) -> None:
    files.put(NUMBERS)
    home = make_home(sql_dir=files.folder, batch_drops=2)
    home.land("a.ndjson", *numbered(1, 2))
    home.ingest()
    assert held(home) == {(TODAY, "DE"): 3}
    for name, ids in {"b": (3,), "c": ("x4", 5), "d": (6,), "e": (7,)}.items():
        home.land(f"{name}.ndjson", *numbered(*ids))
    report = home.ingest()
    assert report.drops == 4
    assert report.failed_drops == 0
    assert "x4" in report.apart["mine"]
    assert [row["clicks"] for row in home.ask("SELECT sum(clicks) AS clicks FROM campaign_daily_report")] == [7]
    assert_apart(home)
    assert home.ingest().apart.keys() == {"mine"}
    assert {row["rollup"]: row["state"] for row in list_rollups(home.warehouse, home.settings)}["mine"] == "set apart"
    with pytest.raises(SetApartError):
        find_rollup(home.warehouse, home.settings, "mine")
    # the event is corrected away: nothing throws any more
    home.warehouse.ddl.run(Sql("ALTER TABLE events {{ on_cluster }} DELETE WHERE event_id = 'x4' SETTINGS mutations_sync = 2", {}))
    home.warehouse.run(
        Sql("ALTER TABLE drop_days {{ on_cluster }} UPDATE accepted = 1 WHERE drop = 'c.ndjson' SETTINGS mutations_sync = 2", {})
    )
    begin_run(home.warehouse, home.settings)
    assert APART + "mine" not in read_state(home.warehouse)
    assert held(home) == {(TODAY, "DE"): 24}


@pytest.mark.further
def test_one_that_throws_on_a_correction_is_set_apart(make_home: Callable[..., Home], files: Files) -> None:
    files.put("SELECT event_date, country, sumSimpleState(toUInt64(device)) AS events FROM events GROUP BY event_date, country")
    home = make_home(sql_dir=files.folder)
    files.put(files.path.read_text().replace("toUInt64(device)", "if(device = 'tablet', throwIf(1, 'no tablets'), 1)"))
    home.land("a.ndjson", event(1, country="DE"), event(2, country="DE"))
    home.ingest()
    home.land("b.ndjson", event(2, country="DE", device="tablet"))
    assert home.ingest().drops == 1
    assert_apart(home)
    home.land("c.ndjson", event(2, country="DE", device="mobile"))
    home.ingest()  # it is tried before the drop that takes the reason away
    home.ingest()
    assert held(home) == {(TODAY, "DE"): 2}
    assert_sound(home)


@pytest.mark.further
def test_one_by_another_day_than_the_events_is_set_apart(make_home: Callable[..., Home], files: Files) -> None:
    files.put(COUNTRIES.replace("event_date,", "event_date - 1 AS event_date,", 1))
    home = make_home(sql_dir=files.folder)
    home.land("a.ndjson", *FIRST)
    home.ingest()  # the view cannot tell; whoever recomputes a day can
    home.land("b.ndjson", *FIRST, event(1, country="FR"))
    assert "a rollup is by event day" in home.ingest().apart["mine"]
    assert_apart(home)
    files.put(COUNTRIES)
    begin_run(home.warehouse, home.settings)
    assert held(home) == truth(FIRST, [event(1, country="FR")])
    assert_sound(home)


@pytest.mark.further
@pytest.mark.parametrize(
    ("select", "reason"),
    [
        ("SELECT country, count() AS n FROM events GROUP BY country", "has to yield event_date"),
        ("SELECT event_date GROUP FROM", "Syntax error"),
        ("", "Syntax error"),
        pytest.param(COUNTRIES.replace("toUInt64(1)", "no_such_column"), "no_such_column", marks=pytest.mark.slow),
        pytest.param(COUNTRIES.replace("FROM events", "FROM nobodys_table"), "nobodys_table", marks=pytest.mark.slow),
    ],
)
def test_a_file_that_is_no_rollup_stops_nobody(make_home: Callable[..., Home], files: Files, select: str, reason: str) -> None:
    files.path.write_text(select)
    home = make_home(sql_dir=files.folder)
    with pytest.raises(SettingsError, match=rf"rollup mine is set apart: .*{reason}"):
        apply_changes(home.warehouse, home.settings)
    home.land("a.ndjson", *FIRST)
    assert reason in home.ingest().apart["mine"]
    assert_apart(home)
    files.put(COUNTRIES)
    begin_run(home.warehouse, home.settings)
    assert held(home) == truth(FIRST)
    files.path.write_text(select)
    assert [change.kind for change in plan_changes(home.warehouse, home.settings)] == ["apart rollup"]
    home.land("b.ndjson", *SECOND)
    home.ingest()
    files.put(COUNTRIES)
    assert held(home) == truth(FIRST, SECOND)
    assert_sound(home)
    files.path.write_text(select)
    home.ingest()
    files.remove()
    assert apply_changes(home.warehouse, home.settings) == []


@pytest.mark.parametrize(
    "name",
    [
        "events",
        *(
            pytest.param(n, marks=pytest.mark.slow)
            for n in ("drops", "state", "leases", "campaign_daily_report", "scratch_x", "landing", "a-b")
        ),
    ],
)
def test_names_that_are_taken_are_refused_and_harm_nothing(make_home: Callable[..., Home], files: Files, name: str) -> None:
    files.path = files.path.with_name(f"{name}.sql")
    files.put(COUNTRIES)
    home = make_home(sql_dir=files.folder)
    with pytest.raises(SettingsError, match=f"rename sql/rollups/{name}.sql"):
        apply_changes(home.warehouse, home.settings)
    home.land("a.ndjson", *FIRST)
    assert home.ingest().apart.keys() == {name}
    assert [result for check in all_checks(home.settings) if not (result := run_check(home.warehouse, home.settings, check)).passed] == []
    assert home.ask("SELECT count() AS rows FROM events") == [{"rows": 3}]


def test_a_table_of_somebody_elses_is_not_touched(home: Home, make_home: Callable[..., Home], files: Files) -> None:
    home.warehouse.ddl.run(Sql("CREATE TABLE mine {{ on_cluster }} (a Int8) ENGINE = Log", {}))
    files.put(COUNTRIES)
    home = make_home(sql_dir=files.folder)
    home.land("a.ndjson", *FIRST)
    assert "is a Log not made by the pipeline" in home.ingest().apart["mine"]
    local(home, "DROP TABLE mine")
    home.ingest()
    assert held(home) == truth(FIRST)
    assert_sound(home)


@pytest.mark.further
def test_by_the_command_line(tmp_path: Path, files: Files, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ads init`, `doctor`, `rollup list` and `drop`, `query`, `check`, as people meet them."""
    del engine
    monkeypatch.setenv("ADS_HOME", str(tmp_path / "home"))

    def ads(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, words)
        return result.exit_code, result.output

    landing = tmp_path / "home" / "landing"
    landing.mkdir(parents=True)
    (landing / "a.ndjson").write_text("".join(json.dumps(item) + "\n" for item in numbered(1, "x2")))
    assert ads("ingest")[0] == 0
    monkeypatch.setenv("ADS_SQL_DIR", str(files.folder))
    files.put(NUMBERS)
    code, output = ads("init", "--dry-run")
    assert (code, "would create rollup mine" in output) == (0, True)
    code, output = ads("init")
    assert (code, "rollup mine is set apart: " in output, "Traceback" in output) == (2, True, False)
    code, output = ads("doctor")
    assert (code, "set apart" in output) == (1, True)
    assert ads("query", "campaign_daily")[0] == 0
    code, output = ads("query", "mine")
    assert (code, "rollup mine is set apart: " in output) == (1, True)
    assert ads("check")[0] == 1
    code, output = ads("ingest")
    assert (code, "rollup mine is set apart" in output, "; fix rollups/mine.sql, or the data" in output) == (0, True, True)
    code, output = ads("rollup", "drop", "mine")
    assert (code, "remove rollups/mine.sql first" in output) == (2, True)
    files.put(COUNTRIES)
    assert ads("init")[0] == 0
    files.remove()
    states = {row["rollup"]: row["state"] for row in json.loads(ads("rollup", "list", "--json")[1])}
    assert states == {"campaign_daily": "kept", "mine": "kept, no SQL file here", "publisher_daily": "kept"}
    assert "`ads rollup drop mine` drops it" in ads("init", "--dry-run")[1]
    assert ads("rollup", "drop", "mine") == (0, "rollup mine dropped\n")
    assert "mine" not in ads("rollup", "list")[1]
    assert ads("check")[0] == 0
