"""From a file that nobody has seen to events: `ads source new` and `ads source preview`, run on chDB."""

import csv
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ads_pipeline.errors import SettingsError
from ads_pipeline.pipeline.drafts import draft_source
from ads_pipeline.pipeline.preview import Preview, preview
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse import embedded
from tests.commands import ads
from tests.terminals import on_terminal

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
PLAIN = NOW.strftime("%Y-%m-%d %H:%M:%S")
RFC_3339 = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")

APPSFLYER = {
    "Attributed Touch Type": "click", "Install Time": PLAIN, "Event Time": PLAIN, "Event Name": "af_purchase",
    "Event Value": '{"a": "b, c"}',
    "Event Revenue USD": "9.99", "Media Source": "net", "Campaign": "Brand", "Campaign ID": "77", "Ad ID": "a1", "Cost Value": "",
    "Country Code": "DE", "AppsFlyer ID": "170-1", "Customer User ID": "u1",
}  # fmt: skip


def write_csv(path: Path, *rows: dict[str, str], delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_lines(path: Path, *values: object) -> Path:
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values))
    return path


def drafted(tmp_path: Path, file: Path, other: Path | None = None, name: str = "mine") -> Preview:
    """What the draft from a file makes of it, or of another file."""
    (tmp_path / "sql").mkdir()
    settings = load_settings(home=tmp_path / "home", sql_dir=tmp_path / "sql")
    draft_source(settings, name, file)
    return preview(settings, name, other or file, 10)


NO_ARRAYS: dict[str, Any] = {"ignored": 0, "ignored_reasons": {}}
"""Totals of a source that ignores no line."""


def totals(found: Preview) -> dict[str, Any]:
    return dict(found.as_dict()["totals"])


def test_a_csv_with_the_columns_of_appsflyer(tmp_path: Path) -> None:
    rows = [
        APPSFLYER,
        APPSFLYER | {"Event Name": "install", "Country Code": "N/A", "Campaign ID": ""},
        APPSFLYER | {"Event Name": "af_level"},
        APPSFLYER,
    ]
    found = drafted(tmp_path, write_csv(tmp_path / "raw.csv", *rows))
    assert [line.outcome for line in found.lines] == ["accepted", "accepted", "refused", "duplicate"]
    assert found.lines[0].event == {
        "event_id": f"170-1/af_purchase/{PLAIN}", "event_time": RFC_3339, "event_type": "conversion", "campaign_id": "77", "ad_id": "a1",
        "publisher_id": "net", "user_id": "u1", "country": "DE", "revenue": found.lines[0].event["revenue"],
    }  # fmt: skip
    assert float(found.lines[0].event["revenue"]) == 9.99
    assert (found.lines[1].event["campaign_id"], "country" in found.lines[1].event) == ("(none)", False)
    assert (found.lines[2].event, found.lines[2].reasons) == ({}, ["invalid:event_type"])
    draft = (tmp_path / "sql" / "sources" / "mine.sql").read_text()
    assert "-- TODO: these times have no offset: UTC is assumed" in draft
    assert "refused as invalid:event_type: af_level" in draft


@pytest.mark.further
def test_ndjson_like_that_of_ga4(tmp_path: Path) -> None:
    line = {
        "event_date": f"{NOW:%Y%m%d}", "event_timestamp": str(int(NOW.timestamp() * 1_000_000)), "event_name": "purchase",
        "event_params": [{"key": "k", "value": {"int_value": "1"}}], "user_pseudo_id": "1.2", "device": {"category": "mobile"},
        "geo": {"country": "Germany"}, "traffic_source": {"name": "spring", "source": "google"}, "event_value_in_usd": 1.5,
    }  # fmt: skip
    lines = [line, line | {"event_name": "ad_click", "traffic_source": {"name": None, "source": "x"}}, line]
    found = drafted(tmp_path, write_lines(tmp_path / "ga4.ndjson", *lines))
    assert totals(found) == NO_ARRAYS | {
        "lines": 3, "records": 3, "accepted": 2, "duplicates": 1, "corrections": 0, "refused": 0, "reasons": {},
    }  # fmt: skip
    assert [line.event["event_type"] for line in found.lines] == ["conversion", "click", "conversion"]
    assert [line.event["campaign_id"] for line in found.lines] == ["spring", "(none)", "spring"]
    first = found.lines[0].event
    assert (first["event_time"], first["device"], first["user_id"], float(first["revenue"])) == (RFC_3339, "mobile", "1.2", 1.5)


@pytest.mark.further
def test_parquet_with_odd_names_and_types(tmp_path: Path) -> None:
    count, odd = 20, "it's \\ odd `x`\n{a:String} 100% -- "
    columns = {
        "Event-UUID": pa.array([f"u{i}" for i in range(count)]).dictionary_encode(),
        "TS (ms)": pa.array([int(NOW.timestamp() * 1000)] * count, pa.int64()),
        "campaign name": ["c1", odd] * 10,
        "Spend": pa.array([0.25] * count, pa.float32()),
        "kind": ["imp", "sale"] * 10,
        "country": ["de", "us"] * 10,
        odd: ["v"] * count,
        "day": pa.array([NOW.date()] * count),
    }
    pq.write_table(pa.table(columns), tmp_path / "odd.parquet")
    found = drafted(tmp_path, tmp_path / "odd.parquet")
    assert totals(found)["accepted"] == count
    assert [line.event["campaign_id"] for line in found.lines[:2]] == ["c1", odd]
    first = found.lines[0].event
    assert {name: first[name] for name in ("event_id", "event_time", "event_type", "country")} == {
        "event_id": "u0", "event_time": RFC_3339, "event_type": "impression", "country": "DE",
    }  # fmt: skip
    assert float(first["cost"]) == 0.25


@pytest.mark.parametrize(("ending", "delimiter"), [("txt", "\t"), ("csv", ";")])
def test_another_delimiter_is_said_in_the_draft_and_another_ending_by_a_command(tmp_path: Path, ending: str, delimiter: str) -> None:
    file = write_csv(
        tmp_path / f"log.{ending}",
        *({"id": str(number), "time": PLAIN, "campaign": "a, b", "price": "1,5"} for number in range(3)),
        delimiter=delimiter,
    )
    (tmp_path / "sql").mkdir()
    run = ads(tmp_path / "home", "source", "new", "log", "--from", str(file), sql_dir=str(tmp_path / "sql"))
    assert run.returncode == 0, run.stderr
    assert f"delimited text, {'tabs' if delimiter == chr(9) else 'semicolons'}" in run.stdout
    assert "event_time is made of times without an offset" in run.stdout
    *_, copied, shown, landed, ingest = [line.strip() for line in run.stdout.splitlines()]
    if ending == "txt":
        subprocess.run(["bash", "-euc", copied], cwd=tmp_path, check=True)
    name = "log.csv" if ending == "txt" else str(file)
    assert shown == f"ads source preview log {name}"
    assert landed == f"mkdir -p {tmp_path}/home/landing/log && cp {name} {tmp_path}/home/landing/log/"
    assert ingest == "ads ingest"
    found = preview(load_settings(sql_dir=tmp_path / "sql"), "log", tmp_path / "log.csv", 10)
    assert totals(found)["accepted"] == 3
    assert (found.lines[0].event["campaign_id"], float(found.lines[0].event["cost"])) == ("a, b", 1.5)


@pytest.mark.further
def test_an_export_with_titles_in_utf_16_and_an_array_run_without_a_hand(tmp_path: Path) -> None:
    lines = ["Campaign report", "", "Start Date\tCampaign ID\tImpressions\tClicks\tTotal Spent"]
    lines += [*(f"{NOW:%m/%d/%Y}\t{number}\t1,200\t3\t1.50" for number in range(5)), "Grand Total\t\t6,000\t15\t7.50"]
    (tmp_path / "report.csv").write_text("\n".join(lines), encoding="utf-16")
    (tmp_path / "events.json").write_text(
        json.dumps([{"id": n, "ts": NOW.timestamp(), "event": "click", "campaign": "c"} for n in range(5)], indent=1)
    )
    (tmp_path / "sql").mkdir()
    settings = load_settings(home=tmp_path / "home", sql_dir=tmp_path / "sql")
    for name, records, ignored in (("report.csv", 10, 1), ("events.json", 5, 0)):
        draft_source(settings, name.partition(".")[0] + "_of_mine", tmp_path / name)
        found = preview(settings, name.partition(".")[0] + "_of_mine", tmp_path / name, 10)
        assert (totals(found)["lines"], totals(found)["accepted"], totals(found)["ignored"]) == (5 + ignored, records, ignored)


DAY, MINUTE, SECOND = "%Y-%m-%dT", "%Y-%m-%dT%H:%M:", "%Y-%m-%dT%H:%M:%S"


@pytest.mark.further
@pytest.mark.parametrize(
    ("time", "until"),
    [
        (f"{PLAIN}.25 +0000", SECOND),
        (PLAIN, SECOND),
        (f"{NOW:%Y%m%d}", DAY),
        *((f"{NOW.timestamp() * factor:.0f}", SECOND) for factor in (1, 1e6)),
        *(
            pytest.param(time, until, marks=pytest.mark.slow)
            for time, until in (
                (RFC_3339, SECOND),
                (f"{PLAIN} UTC", SECOND),
                (f"{NOW:%Y%m%d%H%M%S}", SECOND),
                (PLAIN[:-3], MINUTE),
                (PLAIN[:10], DAY),
                *((f"{NOW.timestamp() * factor:.0f}", SECOND) for factor in (1e3, 1e9)),
            )
        ),
    ],
    ids=["offset", "plain", "digits_of_day", "epoch", "epoch_us", "rfc_3339", "utc", "digits", "minute", "day", "epoch_ms", "epoch_ns"],
)
def test_a_draft_reads_its_times_and_never_throws(tmp_path: Path, time: str, until: str) -> None:
    good = {
        "id": "1", "timestamp": time, "action": "tap", "campaign": "c", "country": "de", "device": "phone", "cost_micros": "2500000",
        "revenue": "$1,000.50",
    }  # fmt: skip
    odd: list[object] = [
        "",
        None,
        "nan",
        "inf",
        "-inf",
        "1e300",
        -1,
        10**18,
        True,
        [],
        {},
        '"',
        "\\",
        "1" * 400,
        "💥",
        "2026-02-30 25:61:61",
    ]
    bad = [good | {"id": f"bad-{number}-{key}", key: value} for number, value in enumerate(odd) for key in good if key != "id"]
    found = drafted(tmp_path, write_lines(tmp_path / "good.ndjson", good), write_lines(tmp_path / "bad.ndjson", good, *bad))
    assert found.counts.lines == len(bad) + 1
    assert found.counts.accepted + found.counts.quarantined == len(bad) + 1
    event = found.lines[0].event
    assert (event["event_type"], event["country"], event["device"]) == ("click", "DE", "mobile")
    assert (float(event["cost"]), float(event["revenue"])) == (2.5, 1000.5)
    assert event["event_time"].startswith(NOW.strftime(until))


@pytest.mark.further
def test_the_preview_counts_the_whole_file_and_touches_no_database(tmp_path: Path) -> None:
    event = {"event_id": "1", "event_time": RFC_3339, "event_type": "click", "campaign_id": "c"}
    lines = [
        event,
        event,
        event | {"cost": 1},
        event | {"event_time": "2020-01-01T00:00:00Z"},
        event | {"event_type": "x", "country": "xx"},
    ]
    file = write_lines(tmp_path / "a.ndjson", *lines, *(event | {"event_id": f"n{number}"} for number in range(10_000)))
    run = ads(tmp_path / "home", "source", "preview", "events", str(file), "--limit", "5", "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["totals"] == NO_ARRAYS | {
        "lines": 10_005, "records": 10_005, "accepted": 10_001, "duplicates": 1, "corrections": 1, "refused": 2,
        "reasons": {"expired": 1, "invalid:country": 1, "invalid:event_type": 1},
    }  # fmt: skip
    assert [line["outcome"] for line in found["lines"]] == ["accepted", "duplicate", "correction", "refused", "refused"]
    assert found["lines"][0] == {
        "line_number": 1,
        "record": 0,
        "outcome": "accepted",
        "line": json.dumps(event),
        "event": event,
        "reasons": [],
    }
    assert found["lines"][4]["reasons"] == ["invalid:event_type", "invalid:country"]
    assert not (tmp_path / "home").exists()
    told = ads(tmp_path / "home", "source", "preview", "events", str(file)).stdout
    assert "10,005 lines in the file: 10,001 accepted, 1 duplicates, 1 corrections, 2 refused" in told
    assert "before the 30 days that are kept; `ADS_RETENTION_DAYS=0 ads source preview` shows" in told


def test_a_preview_fits_the_terminal(tmp_path: Path) -> None:
    lines = [
        {"event_id": "1", "event_time": RFC_3339, "event_type": "click", "campaign_id": "c" * 60, "note": "n" * 60, "x": "y" * 900},
        {},
    ]
    shown = on_terminal(tmp_path, "source", "preview", "events", str(write_lines(tmp_path / "a.ndjson", *lines)), columns=80, NO_COLOR="1")
    assert max(len(line) for line in shown.splitlines() if "attributes=" not in line) <= 80
    assert f"campaign_id={'c' * 60}" in shown
    assert "y" * 900 in shown.partition("attributes=")[2]
    assert "line 2  refused: missing:event_id, missing:event_time, missing:event_type,\n        missing:campaign_id\n    {}" in shown


@pytest.mark.further
@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("nowhere.csv", None, 1, "there is none"),
        ("a.txt", b"a", 1, "the name of a drop ends in"),
        ("_a.csv", b"a", 1, "rename it"),
        ("a.csv.gz", b"no gzip", 1, "a.csv.gz cannot be read"),
        ("a.parquet", b"no parquet", 1, "a.parquet cannot be read"),
        ("a.ndjson", b"", 0, ""),
        ("a.csv", b"event_id,event_time\n", 0, ""),
        ("a.ndjson", b"\x00\xff\n", 0, ""),
    ],
)
def test_what_cannot_be_previewed(tmp_path: Path, name: str, content: bytes | None, code: int, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    run = ads(tmp_path / "home", "source", "preview", "events", str(tmp_path / name))
    assert (run.returncode, said in run.stderr, "Traceback" in run.stderr) == (code, True, False), run.stderr


@pytest.mark.further
def test_wrong_names_and_a_source_that_throws(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "a.ndjson", {"a": "x"})
    (tmp_path / "sql" / "sources").mkdir(parents=True)
    (tmp_path / "sql" / "sources" / "wrong.sql").write_text("SELECT *, map('event_id', toString(toInt32(fields['a']))) AS event FROM lines")
    (tmp_path / "sql" / "sources" / "broken.sql").write_text("SELECT *, nope AS event FROM lines")
    for arguments, code, said in (
        (("preview", "nope", str(file)), 2, "unknown source 'nope'; there are: "),
        (("preview", "wrong", str(file)), 1, "a.ndjson cannot be read: "),
        (("preview", "broken", str(file)), 1, "a.ndjson cannot be read: sql/sources/broken.sql, line 1, cannot be run: "),
        (("new", "wrong", "--from", str(file)), 2, "exists and stays as it is"),
        (("new", "no name", "--from", str(file)), 2, "cannot be the name of a source"),
        (("new", "mine", "--from", str(tmp_path / "nowhere")), 1, "there is none"),
    ):
        run = ads(tmp_path / "home", "source", *arguments, sql_dir=str(tmp_path / "sql"))
        assert (run.returncode, said in run.stderr, "next ingest" in run.stderr) == (code, True, False), run.stderr


def test_what_is_previewed_is_what_is_loaded(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "raw.csv", APPSFLYER, APPSFLYER | {"Event Name": "install"}, APPSFLYER | {"Event Name": "other"}, APPSFLYER)
    found = totals(drafted(tmp_path, file))
    landing = tmp_path / "home" / "landing" / "mine"
    landing.mkdir(parents=True)
    shutil.copy(file, landing)
    report = json.loads(ads(tmp_path / "home", "ingest", "--json", sql_dir=str(tmp_path / "sql")).stdout)
    alike = ("lines", "records", "ignored", "ignored_reasons", "accepted", "duplicates", "corrections")
    assert found == {name: report[name] for name in alike} | {
        "refused": report["quarantined"], "reasons": {"invalid:event_type": 1},
    }  # fmt: skip


def test_without_the_embedded_engine_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"a preview runs on .*pip install 'ads-pipeline\[embedded\]'"):
        preview(load_settings(), "events", write_lines(tmp_path / "a.ndjson", {}), 10)


@pytest.mark.further
def test_a_preview_shows_each_record_and_what_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "sql" / "sources").mkdir(parents=True)
    (tmp_path / "sql" / "sources" / "imps.sql").write_text(
        "SELECT *, JSONExtract(fields['imps'], 'Array(String)') AS ids, "
        "arrayMap(id -> mapUpdate(fields, map('event_id', toJSONString(id), 'imps', '')), ids) AS events, "
        "'no [bold]impression' AS ignored_because FROM lines"
    )
    event = {"event_time": f"{NOW:%FT%TZ}", "event_type": "impression", "campaign_id": "c"}
    file = write_lines(tmp_path / "a.ndjson", event | {"imps": ["a", "", "a"]}, event | {"imps": []}, event)
    run = ads(tmp_path / "home", "source", "preview", "imps", str(file), "--json", sql_dir=str(tmp_path / "sql"))
    found = json.loads(run.stdout)
    assert [(line["line_number"], line["record"], line["outcome"], line["reasons"]) for line in found["lines"]] == [
        (1, 1, "accepted", []),
        (1, 2, "refused", ["invalid:event_id"]),
        (1, 3, "duplicate", []),
        (2, 0, "ignored", ["no [bold]impression"]),
        (3, 0, "ignored", ["no [bold]impression"]),
    ]
    assert found["totals"] == {
        "lines": 3, "records": 3, "ignored": 2, "ignored_reasons": {"no [bold]impression": 2},
        "accepted": 1, "duplicates": 1, "corrections": 0, "refused": 1, "reasons": {"invalid:event_id": 1},
    }  # fmt: skip
    told = ads(tmp_path / "home", "source", "preview", "imps", str(file), "--limit", "1", sql_dir=str(tmp_path / "sql")).stdout
    assert "line 1, record 2  refused: invalid:event_id" in told
    assert "… and 2 more lines" in told
    assert "3 lines in the file, 2 of them ignored, with 3 records: 1 accepted, 1 duplicates, 0 corrections, 1 refused" in told
    assert "no [bold]impression" in told
