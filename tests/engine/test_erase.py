"""People erased: raw, rollups, ledger and drops are as if their lines had never landed, and no byte of them is left in the home."""

import gzip
import json
import random
import shutil
import subprocess
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.closing import close_days, restate_days
from ads_pipeline.pipeline.erasing.verb import Erased, erase, plan_erasure
from ads_pipeline.pipeline.forget import forget
from ads_pipeline.pipeline.history import read_restatements
from ads_pipeline.pipeline.ingest import ingest, reload
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.pipeline.run import apply_changes, begin_run
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql
from ads_pipeline.warehouse.warehouse import Warehouse
from tests.byte_scan import files_with
from tests.commands import ads, start
from tests.engine.conftest import Home, event
from tests.engine.test_exactness import TODAY, drop_name, ledger, raw_rows, rollup_rows, truth, write_drop

pytestmark = pytest.mark.usefixtures("engine")

MANY = [f"person-{number:03}x" for number in range(500)]
PEOPLE = MANY[:12]
ERASED = PEOPLE[:4]


def random_events(rng: random.Random, count: int, days: int = 3, people: Sequence[str] = PEOPLE) -> list[dict[str, Any]]:
    """Few identities, so that events are corrected again and again, also by another user's."""
    return [
        {
            "event_id": f"e{rng.randrange(60)}",
            "event_time": (TODAY - timedelta(days=rng.randrange(days), minutes=rng.randrange(3))).isoformat(),
            "event_type": rng.choice(["impression", "click"]),
            "campaign_id": rng.choice(["c1", "c2"]),
            "cost": rng.choice(["0.1", "0.25", "2"]),
            "user_id": rng.choice(["", *people]),
        }
        for _ in range(count)
    ]


def without(drops: Sequence[list[dict[str, Any]]], people: Sequence[str] = ERASED) -> list[list[dict[str, Any]]]:
    return [[event for event in drop if event["user_id"] not in people] for drop in drops]


def prepare(settings: Settings, drops: Sequence[list[dict[str, Any]]]) -> None:
    for number, drop in enumerate(drops):
        write_drop(settings, number, [*map(json.dumps, drop), f'{{"event_id": 3, "user_id": "{PEOPLE[number % 12]}"}}'])


def erase_now(warehouse: Warehouse, settings: Settings, people: Sequence[str] = ERASED) -> Erased:
    return erase(begin_run(warehouse, settings), open_store(settings), people)[0]


def red(warehouse: Warehouse, settings: Settings) -> list[str]:
    checks = [check for check in all_checks(settings) if check.severity == "error"]
    return [check.full_name for check in checks if not run_check(warehouse, settings, check).passed]


def assert_gone(warehouse: Warehouse, settings: Settings, drops: Sequence[list[dict[str, Any]]], people: Sequence[str] = ERASED) -> None:
    kept, totals = truth(without(drops, people))
    assert raw_rows(warehouse) == {key: (e["campaign_id"], e["event_type"], Decimal(e["cost"])) for key, e in kept.items()}
    assert rollup_rows(warehouse) == totals
    assert red(warehouse, settings) == []


@pytest.mark.further
@pytest.mark.each_engine
def test_as_if_their_lines_had_never_landed(tmp_path: Path) -> None:
    rng = random.Random(4)
    drops = [random_events(rng, 30) for _ in range(6)]
    settings = load_settings(home=tmp_path, batch_drops=2)
    with open_warehouse(settings, write=True) as warehouse:
        prepare(settings, drops)
        ingest(begin_run(warehouse, settings), open_store(settings))
        planned = plan_erasure(begin_run(warehouse, settings), open_store(settings), ERASED)
        done = erase_now(warehouse, settings)
        assert sum(planned.days.values()) == sum(done.days.values()) > 0
        assert planned.quarantined == done.quarantined == 4
        assert_gone(warehouse, settings, drops)

        before = ledger(warehouse)
        assert sum(row["lines"] for row in before) == sum(map(len, without(drops))) + 2
        reload(begin_run(warehouse, settings), open_store(settings), *[(TODAY + timedelta(days=at)).date() for at in (-9, 1)])
        assert ledger(warehouse) == before
        assert_gone(warehouse, settings, drops)
        again = erase_now(warehouse, settings)
        assert (again.days, again.quarantined, again.landed.found, again.remaining) == ({}, 0, False, [])
        assert ledger(warehouse) == before
    assert files_with(tmp_path, ERASED) == []
    assert files_with(tmp_path, PEOPLE[4:]) != []


@pytest.mark.further
def test_a_late_drop_does_not_bring_them_back(home: Home) -> None:
    home.land("a.ndjson", event(1, user_id="person-x"), event(2, user_id="person-y"))
    home.ingest()
    erase_now(home.warehouse, home.settings, ["person-x"])
    home.land(
        "b.ndjson",
        event(3, user_id="person-x"),
        event(4, attributes={"referrer": "person-x"}),
        {"user_id": "person-x"},
        event(5, user_id="person-xy"),
    )
    report = home.ingest()
    assert (report.counts.accepted, report.counts.quarantined, report.counts.ignored_reasons) == (1, 0, {"erased": 3})
    assert [row["event_id"] for row in home.ask("SELECT event_id FROM events FINAL ORDER BY event_id")] == ["e2", "e5"]


def test_a_short_id_is_a_user_and_no_other_number(home: Home) -> None:
    home.land(
        "a.ndjson", event(1, user_id=17), event(2, quantity=17, cost=17, attributes={"age": "17"}), {"user_id": 17, "cost": 1}, {"cost": 17}
    )
    home.ingest()
    erase_now(home.warehouse, home.settings, ["17"])
    assert [row["event_id"] for row in home.ask("SELECT event_id FROM events FINAL")] == ["e2"]
    assert [row["line"] for row in home.ask("SELECT line FROM quarantine")] == ['{"cost": 17}']
    assert (Path(home.settings.landing) / "a.ndjson").read_text().splitlines()[::2] == ["", ""]


@pytest.mark.further
def test_ids_of_any_characters_go_however_they_are_written(make_home: Any, tmp_path: Path) -> None:
    """As JSON escapes them, in lines that are no JSON, and in replaced parts of a rollup by user."""
    home = with_rollups(make_home, tmp_path, naming=NAMING)
    gone = ['q"uo\\te44', "\u00dcser\u00c988"]
    escaped = [json.dumps(user, ensure_ascii=ascii_only)[1:-1] for user in gone for ascii_only in (True, False)]
    lines = [f"no json {text}" for text in (*gone, *escaped)] + [f'{{"event_id": "z", "user_id": "{text}"' for text in escaped]
    home.land("a.ndjson", *(event(number, user_id=user) for number, user in enumerate([*gone, "stays"])))
    for number, line in enumerate(lines):
        home.land(f"{number}.ndjson", event(10 + number, user_id="stays"), line)
    home.ingest()
    erase_now(home.warehouse, home.settings, gone)
    home.warehouse.close()
    assert files_with(tmp_path, [*gone, *escaped]) == []


CSV = "event_id,event_time,event_type,campaign_id,user_id,note\r\n{}"
ROW = '{},{}T00:00:01Z,click,c1,{},"two\r\nlines, and ""quotes"""\r\n'


def test_other_lines_of_a_text_stay_byte_for_byte(home: Home) -> None:
    day = TODAY.date().isoformat()
    rows = [ROW.format(f"e{number}", day, "person-x" if number in (2, 5) else f"person-{number}") for number in range(1, 6)]
    path = Path(home.settings.landing) / "events" / "a.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(CSV.format("".join(rows)).encode()))
    home.ingest()
    lines = home.ask("SELECT event_id, line_number FROM events FINAL WHERE user_id != 'person-x' ORDER BY event_id")
    erase_now(home.warehouse, home.settings, ["person-x"])
    expected = CSV.format("".join([rows[0], "\r\n", *rows[2:4], "\r\n"]))
    assert gzip.decompress(path.read_bytes()).decode().replace("\n\n", "\n\r\n") == expected
    reload(begin_run(home.warehouse, home.settings), home.store, TODAY.date(), TODAY.date() + timedelta(days=1))
    assert home.ask("SELECT event_id, line_number FROM events FINAL ORDER BY event_id") == lines


NAMING = """SELECT event_date, user_id, sumSimpleState(cost) AS cost, groupUniqArrayState(user_id) AS seen, anySimpleState(user_id) AS some,
    maxState(user_id) AS most FROM events GROUP BY event_date, user_id"""
COLLECTING = "SELECT event_date, sumSimpleState(cost) AS cost, groupArrayState(user_id) AS seen FROM events GROUP BY event_date"


def with_rollups(make_home: Any, folder: Path, **selects: str) -> Home:
    """A home with rollups of its own."""
    (folder / "sql" / "rollups").mkdir(parents=True)
    for name, select in selects.items():
        (folder / "sql" / "rollups" / f"{name}.sql").write_text(select)
    home: Home = make_home(sql_dir=folder / "sql")
    apply_changes(home.warehouse, home.settings)
    return home


@pytest.mark.further
def test_rows_by_user_that_cannot_be_rebuilt_are_said(make_home: Any, tmp_path: Path) -> None:
    home = with_rollups(make_home, tmp_path, naming=NAMING)
    home.land("a.ndjson", event(1, user_id="person-x"))
    home.ingest()
    rows = "INSERT INTO naming (event_date, user_id, cost) VALUES ('2020-01-01', 'person-x', 1), ('2020-01-01', 'person-y', 1)"
    home.warehouse.topology.shards[0].run(Sql(rows))
    text = "rollup naming: 1 rows of days past retention have their ids; `ads rollup drop naming` drops it"
    assert erase_now(home.warehouse, home.settings, ["person-x"]).remaining == [text]


@pytest.mark.further
@pytest.mark.each_engine
def test_statements_and_history_name_them_no_more(make_home: Any, tmp_path: Path) -> None:
    """Also where a user id is the length of a capital letter, which no statement could tell from it."""
    home = with_rollups(make_home, tmp_path, naming=NAMING, collecting=COLLECTING)
    gone, stays = ["person-x", "17", "P" * 64, "Q" * 65], ["person-y", "R" * 64]
    day = (TODAY - timedelta(days=1)).date()

    def land(name: str, cost: str) -> None:
        sent = [event(number, day=str(day), user_id=user, cost=cost) for number, user in enumerate([*gone, *stays])]
        home.land(name, *sent, event(9, day=str(day), user_id="17", campaign_id="17"))
        home.ingest()

    land("a.ndjson", "1")
    close_days(begin_run(home.warehouse, home.settings), day)
    land("b.ndjson", "2")
    restate_days(begin_run(home.warehouse, home.settings), day, day)
    land("c.ndjson", "3")
    done = erase_now(home.warehouse, home.settings, gone)
    assert done.history > 0
    for _ in range(2):
        stated = home.ask("SELECT user_id, cost, most FROM naming_stated ORDER BY user_id")
        assert [(row["user_id"], row["cost"], row["most"]) for row in stated] == [(user, 2, user) for user in sorted(stays)]
        assert {row["user_id"]: row["cost"] for row in home.ask("SELECT user_id, cost FROM naming_report")} == dict.fromkeys(stays, 3)
        seen = home.ask("SELECT cost, length(seen) AS seen FROM collecting_stated")
        assert seen == [{"cost": Decimal("12.25"), "seen": 7}]  # the statement stays, with asterisks
        assert home.ask("SELECT cost, arraySort(seen) AS seen FROM collecting_report") == [{"cost": 6, "seen": sorted(stays)}]
        restated = read_restatements(home.warehouse, find_rollup(home.warehouse, home.settings, "naming"), day, day, 1000)
        assert {one.keys["user_id"] for one in restated} == set(stays)
        reload(begin_run(home.warehouse, home.settings), home.store, day, TODAY.date() + timedelta(days=1))
    assert erase_now(home.warehouse, home.settings, gone).history == 0
    assert red(home.warehouse, home.settings) == []
    home.warehouse.close()
    assert files_with(tmp_path, [user for user in gone if len(user) > 3]) == []


@pytest.mark.further
def test_drops_are_listed_where_they_are_not_to_be_written(make_home: Any) -> None:
    home = make_home(erase_landed="list")
    home.land("a.ndjson", event(1, user_id="person-x"), event(2), {"user_id": "person-x"})
    home.ingest()
    content = (Path(home.settings.landing) / "a.ndjson").read_bytes()
    done = erase_now(home.warehouse, home.settings, ["person-x"])
    assert done.landed.listed.keys() == {"a.ndjson"}
    assert (Path(home.settings.landing) / "a.ndjson").read_bytes() == content
    for _ in range(2):
        counts = home.ask("SELECT lines, accepted, quarantined, ignored, ignored_reasons AS why FROM drops FINAL")[0]
        assert counts == {"lines": 3, "accepted": 1, "quarantined": 0, "ignored": 2, "why": {"erased": 2}}
        reload(begin_run(home.warehouse, home.settings), home.store, TODAY.date(), TODAY.date() + timedelta(days=1))
    assert home.ask("SELECT count() AS held FROM quarantine WHERE state != 'released'") == [{"held": 0}]


@pytest.mark.further
def test_drops_that_were_given_up_stay_so(home: Home) -> None:
    home.land("a.ndjson", event(1, user_id="person-x"), event(2))
    home.ingest()
    forget(begin_run(home.warehouse, home.settings), home.store, ["a.ndjson"])
    erase_now(home.warehouse, home.settings, ["person-x"])
    assert b"person-x" not in (Path(home.settings.landing) / "a.ndjson").read_bytes()
    assert home.ingest().drops == 0
    assert home.ask("SELECT toString(status) AS status FROM drops FINAL") == [{"status": "forgotten"}]


def seconds_of_erasure(home: Path, named: Sequence[str]) -> float:
    """How long `ads erase` takes here, by a copy of the home."""
    copy = home.with_name(f"{home.name}_copy")
    shutil.copytree(home, copy, symlinks=True)
    began = time.monotonic()
    process = start(copy, "erase", *named)
    process.communicate()
    took = time.monotonic() - began
    shutil.rmtree(copy)
    return took


def kill_again_and_again(home: Path, people: Sequence[str], kills: int, rng: random.Random) -> int:
    """Kill `ads erase` at random moments, with an ingest in between now and then; returns how many times it was killed before it ended."""
    named = [part for person in people for part in ("--user-id", person)]
    killed, whole = 0, seconds_of_erasure(home, named)
    for _ in range(kills):
        process = start(home, "erase", *named)
        try:
            process.communicate(timeout=rng.uniform(0.1, 0.9) * whole)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            killed += 1
        time.sleep(0.1)
        if rng.random() < 0.3:
            ads(home, "ingest")
    done = ads(home, "erase", *named, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["complete"]
    return killed


@pytest.mark.further
@pytest.mark.parametrize(
    ("days", "count", "kills", "everyone", "erased"),
    [(3, 40, 3, PEOPLE, ERASED), pytest.param(60, 2000, 15, MANY, MANY[:200], marks=[pytest.mark.slow, pytest.mark.timeout(1800)])],
    ids=["4 of 12", "200 of 500"],
)
def test_killed_at_random_and_run_again(
    days: int, count: int, kills: int, everyone: list[str], erased: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADS_RETENTION_DAYS", "0")
    rng = random.Random(days)
    drops = [random_events(rng, count, days, everyone) for _ in range(8)]
    settings = load_settings(home=tmp_path, batch_drops=3)
    prepare(settings, drops)
    assert ads(tmp_path, "ingest", batch_drops="3").returncode == 0
    assert kill_again_and_again(tmp_path, erased, kills, rng) > 0
    with open_warehouse(settings, write=True) as warehouse:
        ingest(begin_run(warehouse, settings), open_store(settings))
        assert_gone(warehouse, settings, drops, erased)
        before = ledger(warehouse)
        reload(begin_run(warehouse, settings), open_store(settings), *[(TODAY + timedelta(days=at)).date() for at in (-99, 1)])
        assert ledger(warehouse) == before
        assert_gone(warehouse, settings, drops, erased)
    assert drop_name(0) in {row["drop"] for row in before}
    assert files_with(tmp_path, erased) == []
