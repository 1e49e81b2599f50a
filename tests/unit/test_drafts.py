"""What `ads source new` sees in the head of a file, and which column it takes for which field."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ads_pipeline.errors import DropError, SettingsError, UsageError
from ads_pipeline.pipeline.drafts import draft_source
from ads_pipeline.pipeline.drafts.guesses import Guess, guess
from ads_pipeline.pipeline.drafts.heads import look
from ads_pipeline.pipeline.drafts.texts import HEAD
from ads_pipeline.settings import load_settings


def put(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def guessed(path: Path) -> dict[str, Guess]:
    return {one.field: one for one in guess(look(path))}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv.gz", b"no gzip", "cannot be read"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n" * 9000, mtime=0)[:-20], "cannot be read"),
        ("a.csv", b"a,b\n\0\x01,2\n", "binary"),
        ("a.csv", b"a,b,a\n1,2,3\n", "'a' twice"),
        ("a.csv", b"\n\n", "no lines"),
        ("a.csv", b"a,b\n1," + b"x" * 200_000 + b"\n", "cannot be read .field larger"),
        ("a.csv", b"a" * 300_000, "no lines"),
        ("a.ndjson", b'{"a": "' + b"a" * 300_000 + b'"}', "none of its first lines is a JSON object"),
        ("a.ndjson", b"no json\n[1]\n", "none of its first lines is a JSON object"),
        ("a.parquet", b"PAR1 or so", "is not Parquet"),
        ("a.parquet.gz", b"PAR1 or so", "unpack it"),
        ("a.xlsx", b"PK\x03\x04", "ends in .ndjson"),
        ("a.csv", b"PK\x03\x04" + b"x" * 99, "ZIP"),
    ],
)
def test_what_cannot_be_looked_at_says_why(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DropError, match=said):
        look(tmp_path / name)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.csv"):
        with pytest.raises(DropError, match="not a file, or there is none"):
            look(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_what_lines_have_alike(tmp_path: Path, delimiter: str) -> None:
    rows = [["day", "name of the campaign, or none", "cost"], ["2026-11-01", '"a, b; c"', "1.5"], ["2026-11-02", '"a,, b"', "2.5"]]
    rows[0][1] = f'"{rows[0][1]}"'
    head = look(put(tmp_path / "a.csv", *(delimiter.join(row) for row in rows)))
    assert (head.delimiter, head.can_land, len(head.columns)) == (delimiter, True, 3)
    assert head.options == ({} if delimiter == "," else {"delimiter": delimiter})


@pytest.mark.parametrize(
    ("name", "content", "options", "columns"),
    [
        ("a.csv", "Straße,b\n1,2\n".encode("latin-1"), {"encoding": "windows-1252"}, ["Straße", "b"]),
        ("a.csv", "a;ü\n1;2\n".encode("utf-16"), {"encoding": "utf-16", "delimiter": ";"}, ["a", "ü"]),
        ("a.tsv", "a\tb\n1\t2\n".encode("utf-16-le"), {"encoding": "utf-16-le"}, ["a", "b"]),
        ("a.csv", b"2026-11-01 10:00:00,12,c1\n2026-11-01 10:00:01,13,c1\n", {"header": False}, ["column_1", "column_2", "column_3"]),
        ("a.tsv", b"u1\tx\t1793527200123\nu2\ty\t1793527200124\n", {"header": False}, ["column_1", "column_2", "column_3"]),
        ("a.csv", b"name,2026-11-01\nx,12\ny,13\n", {}, ["name", "2026-11-01"]),
        (
            "a.csv",
            b'Report\n"1 to 30, 2026"\n\nDay,Campaign,Cost\n2026-11-01,a,1\n2026-11-02,a,1\n',
            {"header_with": ["Day", "Campaign"]},
            ["Day", "Campaign", "Cost"],
        ),
        ("a.csv", b"# made, by\n# x\nDay|Cost\n2026-11-01|1\n", {"delimiter": "|", "comment": "#"}, ["Day", "Cost"]),
        ("a.csv", b"a,b\n'x, y',1\n'z, u',2\n", {"quote": "'"}, ["a", "b"]),
        ("a.csv", b'a,b\n"x,1\ny,2\n', {"quote": ""}, ["a", "b"]),
        ("a.tsv", b'a\tb\n1\t"Best" shoes\n2\t"Red" hats\n', {"quote": ""}, ["a", "b"]),
        ("a.csv", b'a,b\n"x" ,1\n"y, z" ,2\n', {}, ["a", "b"]),
        ("a.json", b'[{"a": 1}, {"b": 2}]', {}, ["a", "b"]),
        ("a.json", b'{\n"a": 1}\n{"b":\n2}', {}, ["a", "b"]),
        ("a.json", b'[{"a": 1}' + b', {"b": 2}' * 40_000 + b"]", {}, ["a", "b"]),
        ("a.ndjson", b'# x\n{"a": 1}\n', {"comment": "#"}, ["a"]),
    ],
)
def test_what_is_not_usual_in_a_text_is_said(
    tmp_path: Path, name: str, content: bytes, options: dict[str, object], columns: list[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    head = look(tmp_path / name)
    assert (head.options, [".".join(column) for column in head.columns]) == (options, columns)
    assert head.rows


def test_only_the_head_is_read(tmp_path: Path) -> None:
    line = json.dumps({"id": "ä" * 1000})
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(f"{line}\n".encode() * 1000)[:-100])  # its end is not looked at
    assert 0 < len(look(path).rows) <= HEAD // 2000


def test_nested_keys_and_lists(tmp_path: Path) -> None:
    head = look(
        put(
            tmp_path / "a.ndjson",
            '{"id": "1", "geo": {"country": "DE", "at": {"x": {"y": 1}}}, "imp": [1], "e": {}}',
            "",
            '{"id": "2"}',
            "{",
        )
    )
    assert head.columns == [("id",), ("geo", "country"), ("geo", "at", "x"), ("imp",), ("e",)]
    assert head.values(("id",)) == ["1", "2"]


@pytest.mark.parametrize(
    ("value", "reading", "todo"),
    [
        ("2026-11-01T10:00:00Z", "as_is", ""),
        ("2026-11-01 10:00:00 UTC", "local_time", ""),
        ("2026-11-01 10:00:00.5 +0200", "local_time", ""),
        ("2026-11-01 10:00:00", "local_time", "UTC is assumed"),
        ("2026-11-01 10:00", "local_time", "UTC is assumed"),
        ("2026-11-01", "local_time", "only a day is given"),
        ("20261101", "local_time", "only a day is given"),
        ("20261101100000", "local_time", "UTC is assumed"),
        ("20261101100000123", "local_time", "UTC is assumed"),
        ("01.11.2026 10:00", "local_time", "UTC is assumed"),
        ("11/01/2026 10:00 AM", "us_time", "the month is taken to stand first"),
        ("25/11/2026", "eu_time", "UTC is assumed"),
        ('"Nov 1, 2026, 10:00 PM"', "local_time", "UTC is assumed"),
        ("1 Nov 2026 10:00", "local_time", "UTC is assumed"),
        ("01/Nov/2026:10:00:00 +0100", "local_time", ""),
        ('"Sun, 01 Nov 2026 10:00:00 GMT"', "local_time", ""),
        ("1793527200", "epoch_seconds", ""),
        ("1793527200123", "epoch_millis", ""),
        ("1793527200123456", "epoch_micros", ""),
        ("1793527200123456789", "epoch_nanos", ""),
        ("week 44", "as_is", "unknown form"),
    ],
)
def test_kinds_of_times(tmp_path: Path, value: str, reading: str, todo: str) -> None:
    time = guessed(put(tmp_path / "a.csv", "timestamp,campaign", f"{value},c"))["event_time"]
    assert (time.reading, time.columns) == (reading, (("timestamp",),))
    assert bool(time.todo) == bool(todo)
    assert todo in time.todo


def test_a_time_by_another_name_is_found_by_its_values(tmp_path: Path) -> None:
    time = guessed(put(tmp_path / "a.csv", "wann,campaign", "2026-11-01T10:00:00Z,c"))["event_time"]
    assert (time.columns, "for its values" in time.todo) == ((("wann",),), True)
    assert guessed(put(tmp_path / "b.csv", "wann,campaign", "gestern,c"))["event_time"].reading == "missing"


def test_an_id_by_another_name_is_found_by_its_values(tmp_path: Path) -> None:
    """Of many lines, a made id that never repeats; not one of a user."""
    lines = [f"0b58eff3f1bc47909ae45d{number},81d0b830ce3f081d0dbf9c{number},spring,1793527200" for number in range(100, 130)]
    named = put(tmp_path / "a.csv", "user_guid,arbitrage_id,campaign,ts", *lines)
    assert guessed(named)["event_id"].columns == (("arbitrage_id",),)
    assert "for its values" in guessed(named)["event_id"].todo
    assert guessed(put(tmp_path / "b.csv", "user_guid,arbitrage_id,campaign,ts", *lines[:5]))["event_id"].reading == "hash"
    assert guessed(put(tmp_path / "c.csv", "user_guid,arbitrage_id,campaign,ts", *lines, lines[0] + "0"))["event_id"].reading == "hash"


def test_of_a_log_without_a_header_columns_without_a_value_are_left_out(tmp_path: Path) -> None:
    lines = [f"2026-11-01 10:00:{number},,,6afcb203-4ffe-04b3-3949-41e7647812{number},,spring" for number in range(10, 40)]
    head = look(put(tmp_path / "a.csv", *lines))
    assert head.known_columns == [("column_1",), ("column_4",), ("column_6",)]
    assert {one.field: one.columns for one in guess(head)}["event_id"] == (("column_4",),)


def test_lines_without_a_kind_are_said(tmp_path: Path) -> None:
    kind = guessed(put(tmp_path / "a.csv", "id,ts,event_type", "1,1793527200,click", "2,1793527201,imp", "3,1793527202,"))["event_type"]
    assert kind.todo.startswith("1 of the lines looked at have none, and are refused as missing:event_type")


def test_a_column_that_repeats_is_no_id(tmp_path: Path) -> None:
    head = "click_id,event_type,timestamp,campaign_id"
    lines = ["1,click,1793527200,c", "2,click,1793527201,c", "2,click,1793527201,c"]
    assert guessed(put(tmp_path / "a.csv", head, *lines))["event_id"].reading == "as_is"
    joined = guessed(put(tmp_path / "b.csv", head, *lines, "2,install,1793527201,c"))["event_id"]
    assert (joined.reading, joined.columns) == ("joined", (("click_id",), ("event_type",)))
    assert guessed(put(tmp_path / "c.csv", head, *lines, "2,click,1793527209,c"))["event_id"].reading == "hash"


def test_the_id_of_a_report_is_what_its_sums_are_of(tmp_path: Path) -> None:
    found = guessed(put(tmp_path / "a.csv", "Day,Campaign,Impressions,Clicks,Cost", "2026-11-01,a,10,1,€1.50", "2026-11-02,a,10,1,€1.50"))
    assert (found["event_id"].reading, found["event_id"].columns) == ("hash_of", (("Day",), ("Campaign",)))
    assert found["cost"].reading == "money"


@pytest.mark.parametrize(("value", "reading"), [("mobile", "as_is"), ("Mobile", "device"), ("iPhone", "device")])
def test_devices_are_mapped_unless_they_are_those_of_the_contract(tmp_path: Path, value: str, reading: str) -> None:
    assert guessed(put(tmp_path / "a.csv", "timestamp,device", f"1793527200,{value}"))["device"].reading == reading


def test_longer_names_are_known_by_their_ends_and_kinds_by_their_values(tmp_path: Path) -> None:
    head = (
        "id,name,timestamp,last_touch_type,last_touch_data_campaign,last_touch_data_campaign_id,user_data_geo_country_code,revenue_in_usd"
    )
    lines = [f"{number},{kind},179352720{number},CLICK,spring,c{number},DE,1.5" for number, kind in enumerate(["INSTALL", "CLICK", "OPEN"])]
    found = guessed(put(tmp_path / "branch.csv", head, *lines))
    assert {field: found[field].columns for field in ("event_type", "campaign_id", "country", "revenue")} == {
        "event_type": (("name",),),
        "campaign_id": (("last_touch_data_campaign_id",),),
        "country": (("user_data_geo_country_code",),),
        "revenue": (("revenue_in_usd",),),
    }
    assert found["event_type"].words == {"impression": ["impression"], "click": ["click"], "conversion": ["conversion", "install"]}
    assert "open" in found["event_type"].todo


def test_names_in_camel_case(tmp_path: Path) -> None:
    line = {"ImpressionId": "a", "EventCreatedOn": 1793527200123, "AdId": 1, "CampaignId": 2, "AppsFlyer ID": "x"}
    found = guessed(put(tmp_path / "impressions.ndjson", json.dumps(line)))
    assert {field: one.columns for field, one in found.items() if one.columns} == {
        "event_id": (("ImpressionId",),),
        "event_time": (("EventCreatedOn",),),
        "ad_id": (("AdId",),),
        "campaign_id": (("CampaignId",),),
    }
    assert found["event_type"].words == {"impression": []}, "the file's name says what it holds"


def test_keys_of_objects_within_objects(tmp_path: Path) -> None:
    line = {"messageId": "m", "event": "Order Completed", "timestamp": "2026-11-01T10:00:00Z", "context": {"campaign": {"name": "spring"}}}
    found = guessed(put(tmp_path / "a.ndjson", json.dumps(line), json.dumps(line | {"messageId": "n", "event": "Ad Clicked"})))
    assert found["campaign_id"].columns == (("context", "campaign", "name"),)
    assert found["event_id"].columns == (("messageId",),)
    assert found["event_type"].words == {
        "impression": ["impression"],
        "click": ["click", "ad clicked"],
        "conversion": ["conversion", "order completed"],
    }


def test_a_report_like_that_of_meta(tmp_path: Path) -> None:
    head = "Reporting starts,Campaign name,Ad name,Delivery,Amount spent (USD),Link clicks"
    found = guessed(put(tmp_path / "a.csv", head, "2026-11-01,c,a1,active,1.50,3", "2026-11-01,c,a2,active,1.50,3"))
    assert found["event_id"].columns == (("Reporting starts",), ("Campaign name",), ("Ad name",))
    assert (found["cost"].columns, found["event_time"].reading) == ((("Amount spent (USD)",),), "local_time_at_noon")


def test_parquet_values_are_those_of_its_lines(tmp_path: Path) -> None:
    columns = {"at": pa.array([0], pa.timestamp("us")), "day": pa.array([0], pa.date32()), "b": [b"\xff"], "s": [{"k": 1}]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    assert dict(look(tmp_path / "a.parquet").rows[0]) == {
        ("at",): "1970-01-01T00:00:00Z",
        ("day",): "1970-01-01",
        ("b",): "�",
        ("s", "k"): 1,
    }


def test_where_a_draft_may_be_written(tmp_path: Path) -> None:
    file = put(tmp_path / "a.csv", "timestamp,campaign", "1793527200,c")
    with pytest.raises(SettingsError, match="ADS_SQL_DIR is not set"):
        draft_source(load_settings(), "mine", file)
    (tmp_path / "sql").mkdir()
    settings = load_settings(sql_dir=tmp_path / "sql")
    for name in ("", "_a", "a b", "../a", "a.b", "dt=2026-11-01", "1"):
        with pytest.raises(UsageError, match="cannot be the name"):
            draft_source(settings, name, file)
    with pytest.raises(UsageError, match="is shipped"):
        draft_source(settings, "events", file)
    assert not list((tmp_path / "sql").iterdir())
    path = draft_source(settings, "mine", file).path
    path.write_text("SELECT 1")
    with pytest.raises(UsageError, match="exists and stays"):
        draft_source(settings, "mine", file)
    assert path.read_text() == "SELECT 1"
    in_the_way = tmp_path / "other" / "sources"
    in_the_way.parent.mkdir()
    in_the_way.touch()
    with pytest.raises(SettingsError, match="cannot be written"):
        draft_source(load_settings(sql_dir=tmp_path / "other"), "mine", file)


def test_further_event_types_stand_for_themselves(tmp_path: Path) -> None:
    lines = [
        "at,kind,campaign_id",
        "2026-11-01T10:00:00Z,Install,c1",
        "2026-11-01T10:00:01Z,ad_click,c1",
        "2026-11-01T10:00:02Z,video_start,c1",
    ]
    found = {one.field: one for one in guess(look(put(tmp_path / "a.csv", *lines)), ("impression", "click", "install", "video_start"))}
    assert found["event_type"].words == {
        "impression": ["impression"],
        "click": ["click", "ad_click"],
        "install": ["install"],
        "video_start": ["video_start"],
    }
    assert not found["event_type"].todo


def test_reports_of_sums_have_an_id_of_any_length_and_micros_by_their_size(tmp_path: Path) -> None:
    head = "Start Date (in UTC)\tCampaign Group Name\tCampaign ID\tImpressions\tClicks\tTotal Spent"
    lines = [f"11/0{day}/2026\tGroup {'x' * 200}\t77\t1,200\t3\t{day}25000000" for day in range(1, 9)]
    file = tmp_path / "linkedin.csv"
    file.write_text("\n".join(["Campaign report", "Made on 11/20/2026", "", head, *lines]), encoding="utf-16")
    found = guessed(file)
    assert (found["event_id"].reading, found["event_time"].columns) == ("hash_of", (("Start Date (in UTC)",),))
    assert (found["cost"].reading, "micros" in found["cost"].todo) == ("micros", True)


def test_events_of_mixpanel(tmp_path: Path) -> None:
    inner = {"time": 1793527200, "distinct_id": "u1", "$insert_id": "a", "mp_processing_time_ms": 1793527200123, "utm_campaign": "spring"}
    found = guessed(put(tmp_path / "a.json", json.dumps([{"event": "Ad Click", "properties": inner}])))
    assert {field: one.columns[0][-1] for field, one in found.items() if one.columns} == {
        "event_id": "$insert_id",
        "event_time": "time",
        "event_type": "event",
        "campaign_id": "utm_campaign",
        "user_id": "distinct_id",
    }


def test_counts_with_points_between_thousands_mean_a_decimal_comma(tmp_path: Path) -> None:
    """As `9.000` impressions are not 9, `1.012` is not one euro either."""
    file = put(tmp_path / "a.csv", "Day;Campaign;Impressions;Clicks;Spent", "24.11.2026;c;9.000;34;1.012", "25.11.2026;c;812;2;14")
    found = guessed(file)
    assert (found["cost"].reading, found["event_time"].reading) == ("money_comma", "local_time_at_noon")


def test_unknown_words_of_an_event_are_not_taken_for_one_kind(tmp_path: Path) -> None:
    lines = [{"eventType": kind, "args": {"cpm": 0.1 + 0.2}, "price": 0.1 + 0.2} for kind in ("auctionInit", "bidRequested", "bidWon")]
    found = guessed(put(tmp_path / "a.ndjson", *map(json.dumps, lines)))
    assert (found["event_type"].reading, found["cost"].reading) == ("words", "nine_decimals")
    assert "auctioninit, bidrequested" in found["event_type"].todo


def test_amounts_finer_than_the_contract_are_rounded(tmp_path: Path) -> None:
    """As a mediation platform writes the revenue of one impression."""
    found = guessed(put(tmp_path / "a.csv", "Date,User ID,Revenue", "2026-11-25 00:00:00.000000,u1,0.0157333183"))
    assert found["revenue"].reading == "nine_decimals"


def test_words_of_events_are_known_in_a_column_of_any_name(tmp_path: Path) -> None:
    found = guessed(put(tmp_path / "a.csv", "name,adjusted_timestamp", "install,1793527200", "__iap__,1793527201", "level_up,1793527202"))
    assert (found["event_type"].columns, "level_up" in found["event_type"].todo) == ((("name",),), True)
