"""Large drops that the server reads from the bucket itself, by a named collection."""

import gzip
import json
import random
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from ads_pipeline.errors import EngineError
from ads_pipeline.landing import Drop, LandingStore, open_store
from ads_pipeline.pipeline.ingest import ingest, reload
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.pipeline.staging import Staging, bucket, drops
from ads_pipeline.pipeline.staging.uniform import LineForm
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.buckets import SECRET, collect
from tests.engine.conftest import event
from tests.engine.test_exactness import random_events
from tests.engine.test_tables import COLUMNS, found, table
from tests.engine.test_tables import parquet as parquet_of
from tests.engine.values import FOUND, VALUES, ndjson, parquet
from tests.engines import use_database
from tests.objects.conftest import Home, Landing
from tests.objects.test_s3 import SLOW_DOWN, on_first, statuses
from tests.objects.test_s3 import pytestmark as in_one_process
from tests.proxies import Proxy
from tests.servers import Server

pytestmark = [in_one_process, pytest.mark.further]


@pytest.fixture
def collected(server: Server, landing: Landing, endpoint: str) -> Callable[..., None]:
    """Makes the collection `landed` of the server mean the landing prefix, at an endpoint and with a secret."""

    def collect_anew(at: str = endpoint, secret: str = SECRET) -> None:
        with server.connect() as client:
            client.command("DROP NAMED COLLECTION IF EXISTS landed")
            collect(client, "landed", f"{at}/{landing.url.removeprefix('s3://')}", secret)

    collect_anew()
    return collect_anew


@pytest.fixture
def home(server: Server, landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, collected: object) -> Iterator[Home]:
    """A home whose server reads every drop that it can itself."""
    monkeypatch.setattr(bucket, "LARGE", 0)
    use_database(server, monkeypatch)
    settings = load_settings(home=tmp_path, landing_url=landing.url, s3_collection="landed")
    with open_warehouse(settings, write=True) as warehouse:
        yield Home(landing, settings, warehouse)


def brought(proxy: Proxy) -> list[str]:
    """The drops that came through the pipeline's own hands: asked for at the endpoint of its variables."""
    return [path for path in proxy.whole if "list-type" not in path]


def test_the_same_rows_whichever_way_they_come(proxy: Proxy, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    drops = {f"events/{number}.ndjson": [json.dumps(item) for item in random_events(rng, 50)] + ["", "no json"] for number in range(3)}
    for name, lines in drops.items():
        home.put(f"{name}.gz", gzip.compress("\n".join(lines).encode()))
    table = BytesIO()
    pd.DataFrame([event(number, cost=0.5) for number in range(100)]).to_parquet(table)
    home.put("events/rows.parquet", table.getvalue())
    counts = home.ingest().counts
    assert (counts.lines, counts.quarantined) == (3 * 51 + 100, 3)
    assert brought(proxy) == []
    rows = "SELECT * EXCEPT version FROM events FINAL ORDER BY event_date, event_id"
    direct = home.ask(rows)
    refused = home.ask("SELECT drop, line_number, reasons FROM quarantine FINAL ORDER BY drop")
    assert [row["line_number"] for row in refused] == [52, 52, 52]

    monkeypatch.setattr(bucket, "LARGE", 1 << 40)
    today = pd.Timestamp.now("UTC").date()
    again = reload(begin_run(home.warehouse, home.settings), open_store(home.settings), today, today)
    assert again.counts == counts
    assert len(brought(proxy)) == 4
    assert home.ask(rows) == direct
    assert home.ask("SELECT drop, line_number, reasons FROM quarantine FINAL ORDER BY drop") == refused


def test_lines_of_one_form(proxy: Proxy, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head of the object tells their form; each line is accounted for, whatever the form."""
    forms = list[LineForm | None]()

    def line_forms(staging: Staging, store: LandingStore, landed: Iterable[Drop]) -> dict[str, LineForm | None]:
        found = look(staging, store, landed)
        forms.extend(found.values())
        return found

    look = bucket.line_forms
    monkeypatch.setattr(drops, "LEAST", 1)
    monkeypatch.setattr(bucket, "line_forms", line_forms)
    lines = [json.dumps(event(number, cost=0.25)).encode() for number in range(300)]
    home.put("events/a.ndjson.gz", gzip.compress(b"\n".join([*lines, b"no json", lines[0]])))
    home.put("events/b.ndjson", b"\n".join([b"{ " + lines[1][1:], b" " + lines[2]]))
    counts = home.ingest().counts
    assert (counts.lines, counts.accepted, counts.duplicates, counts.quarantined) == (304, 300, 3, 1)
    assert [form and form.is_spaced for form in forms] == [True, None]
    assert brought(proxy) == []


@pytest.mark.slow  # 30 s; by default tests/engine/test_values.py has the values on both engines
def test_each_value_in_each_format(home: Home) -> None:
    wanted = dict[str, str]()
    for name, value in VALUES.items():
        file = f"{name}.{value.shown_as}"
        home.put(f"events/{file}.parquet", parquet(name, value))
        home.put(f"events/{file}.ndjson.gz", gzip.compress(ndjson(name, value) + b"\n"))
        wanted |= {f"events/{file}.parquet": value.wanted, f"events/{file}.ndjson.gz": value.wanted_of_json or value.wanted}
    table = BytesIO()
    pd.DataFrame([event(1, _etag="x", _file="y", _path="z")]).to_parquet(table)
    home.put("events/odd.note.parquet", table.getvalue())
    assert home.ingest().errors == {}
    assert {row["drop"]: row["found"] for row in home.ask(FOUND)} == wanted | {"events/odd.note.parquet": ""}
    odd = home.ask("SELECT attributes FROM events FINAL WHERE drop = 'events/odd.note.parquet'")
    assert odd == [{"attributes": {"_etag": "x", "_file": "y", "_path": "z"}}]


def test_nested_nulls_and_far_times(home: Home) -> None:
    """An older release would change them: what it may not read so is sent."""
    for place, (name, (column, _)) in enumerate(COLUMNS.items()):
        home.put(f"events/{name}.parquet", parquet_of(table(column, 2 * place)))
    assert home.ingest().errors == {}
    assert found(home) == {f"{name}.parquet": texts for name, (_, texts) in COLUMNS.items()}
    home.put("events/no_name.parquet", parquet_of(table(pa.array(["x"]), 99, "")))
    assert "has no name, and would be left out" in home.ingest().errors["events/no_name.parquet"]


@pytest.mark.further
def test_what_the_server_cannot_be_trusted_with_is_brought(proxy: Proxy, home: Home) -> None:
    home.land("events/{a,b}*.ndjson", event(1))
    home.put("events/b.csv", b"event_id,event_time,event_type,campaign_id\n")
    home.put("events/c.ndjson.zst", b"no zstandard")
    report = home.ingest()
    assert (report.counts.accepted, list(report.errors)) == (1, ["events/c.ndjson.zst"])
    assert len(brought(proxy)) == 3


def test_json_that_is_no_lines_is_brought(proxy: Proxy, home: Home) -> None:
    home.put("events/a.json", json.dumps([event(1), event(2)], indent=1).encode())
    home.put("events/b.json.gz", gzip.compress((json.dumps(event(3)) + json.dumps(event(4))).encode()))
    report = home.ingest()
    assert (report.errors, report.counts.lines, report.counts.accepted, len(brought(proxy))) == ({}, 4, 4, 2)


def test_a_padded_gzip_drop_is_brought_after_all(proxy: Proxy, home: Home) -> None:
    home.put("events/a.ndjson.gz", gzip.compress(json.dumps(event(1)).encode()) + bytes(1024))
    home.put("events/b.ndjson.gz", gzip.compress(json.dumps(event(2)).encode()))
    report = home.ingest()
    assert (report.errors, report.counts.accepted, len(brought(proxy))) == ({}, 2, 1)


def test_a_truncated_drop_fails_alone(home: Home) -> None:
    whole = gzip.compress("".join(json.dumps(event(number)) + "\n" for number in range(20_000)).encode())
    home.put("events/a.ndjson.gz", whole[:-1000])
    home.land("events/b.ndjson", event(1, cost="3"))
    report = home.ingest()
    assert statuses(home) == {"events/a.ndjson.gz": "failed", "events/b.ndjson": "loaded"}
    assert "inflate failed" in report.errors["events/a.ndjson.gz"]
    assert home.ask("SELECT clicks, cost FROM campaign_daily_report") == [{"clicks": 1, "cost": Decimal(3)}]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("wrong secret", "may not be read by the server with its named collection landed; the next ingest tries again"),
        ("another bucket", "was not found by the server with its named collection landed; the next ingest tries again"),
        pytest.param("no answer", "Connection refused", marks=pytest.mark.slow),
    ],
)
def test_a_collection_that_is_wrong_is_a_clear_error(
    fault: str, told: str, home: Home, endpoint: str, collected: Callable[..., None]
) -> None:
    home.land("events/a.ndjson", event(1))
    match fault:
        case "wrong secret":
            collected(secret="another")
        case "another bucket":
            collected(at=f"{endpoint}/elsewhere")
        case _:
            collected(at="http://127.0.0.1:1")
    error = home.ingest().errors["events/a.ndjson"]
    assert told in error
    assert SECRET not in error


def test_a_collection_that_is_not_there_ends_the_run(home: Home, server: Server) -> None:
    home.land("events/a.ndjson", event(1))
    with server.connect() as client:
        client.command("DROP NAMED COLLECTION landed")
    with pytest.raises(EngineError, match="the server has no named collection of this name: check ADS_S3_COLLECTION"):
        home.ingest()
    assert statuses(home) == {"events/a.ndjson": "loading"}


ODD_NAMES = ["a b", "a%20b", "a%b", "a#b", "a+b", "a&b=c", "ä", "日本", "a'b", "a;b", "a@b:c", "a~b"]


@pytest.mark.further
def test_names_full_of_signs(proxy: Proxy, home: Home) -> None:
    for number, name in enumerate(ODD_NAMES):
        home.land(f"events/{name}.ndjson", event(number))
    report = home.ingest()
    assert (report.errors, report.counts.accepted) == ({}, len(ODD_NAMES))
    assert brought(proxy) == []


def test_another_object_of_the_same_name_is_refused(home: Home, endpoint: str, landing: Landing, server: Server) -> None:
    home.land("events/a.ndjson", event(1))
    home.land("other/events/a.ndjson", event(2))
    with server.connect() as client:
        client.command(f"ALTER NAMED COLLECTION landed SET url = '{endpoint}/{landing.url.removeprefix('s3://')}/other/'")
    errors = home.ingest().errors
    assert "another object of this name" in errors["events/a.ndjson"]


@pytest.mark.further
def test_a_drop_that_changes_while_the_server_reads_is_loaded_as_it_is_next_time(
    proxy: Proxy, home: Home, collected: Callable[..., None]
) -> None:
    collected(at=proxy.url)
    home.land("events/a.ndjson", event(1))
    proxy.answer = on_first("a.ndjson", lambda: home.land("events/a.ndjson", event(2)))
    home.ingest()
    proxy.answer = lambda _request: None
    home.ingest()
    assert [row["event_id"] for row in home.ask("SELECT event_id FROM events FINAL ORDER BY event_id")] in (["e2"], ["e1", "e2"])
    assert home.ask("SELECT clicks FROM campaign_daily_report")[0]["clicks"] == len(home.ask("SELECT 1 FROM events FINAL"))
    assert set(statuses(home).values()) == {"loaded"}


def test_throttling_is_waited_for(proxy: Proxy, home: Home, collected: Callable[..., None]) -> None:
    collected(at=proxy.url)
    home.land("events/a.ndjson", event(1))
    throttled = iter(range(3))
    proxy.answer = lambda request: SLOW_DOWN if request.path.endswith(".ndjson") and next(throttled, None) is not None else None
    assert home.ingest().counts.accepted == 1


def test_no_secret_is_in_a_query_of_ours(home: Home, server: Server) -> None:
    home.land("events/a.ndjson", event(1))
    assert ingest(begin_run(home.warehouse, home.settings), open_store(home.settings)).counts.accepted == 1
    with server.connect() as client:
        client.command("SYSTEM FLUSH LOGS")
        logged = "SELECT countIf(position(query, 's3(') > 0), countIf(position(query, {secret:String}) > 0) FROM system.query_log"
        ours = f"{logged} WHERE position(log_comment, 'ads_pipeline') > 0"
        ((reads, leaks),) = client.query(ours, {"secret": SECRET}).result_rows
    assert reads > 0
    assert leaks == 0
