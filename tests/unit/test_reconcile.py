"""What `ads reconcile` makes of maps, tolerances and headers; no engine."""

import bz2
import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.reconcile.columns import parse_map, plan_columns
from ads_pipeline.pipeline.reconcile.report_file import ReportFile, open_report
from ads_pipeline.pipeline.reconcile.tolerance import parse_tolerances
from ads_pipeline.pipeline.rollups import Rollup
from ads_pipeline.warehouse.statements import Sql

ROLLUP = Rollup(
    "campaign_daily",
    Sql("SELECT 1"),
    {
        "event_date": "Date",
        "campaign_id": "LowCardinality(String)",
        "ad_id": "String",
        "impressions": "SimpleAggregateFunction(sum, UInt64)",
        "clicks": "SimpleAggregateFunction(sum, UInt64)",
        "cost": "SimpleAggregateFunction(sum, Decimal(38, 9))",
        "users": "AggregateFunction(uniqCombined64If, String, UInt8)",
    },
)


@pytest.mark.parametrize(
    ("texts", "metric", "allowed"),
    [
        ([], "cost", ("0", "0")),
        (["0.5%"], "cost", ("0", "0.005")),
        (["5", "0.5%"], "cost", ("5", "0.005")),
        (["0.5%", "cost=0.01"], "cost", ("0.01", "0")),
        (["0.5%", "cost=0.01"], "clicks", ("0", "0.005")),
        (["cost=1", "cost=.5", "cost=2%"], "cost", ("1", "0.02")),
    ],
)
def test_the_tolerance_of_a_metric(texts: list[str], metric: str, allowed: tuple[str, str]) -> None:
    absolute, relative = parse_tolerances(texts).of(metric)
    assert (absolute, relative) == (Decimal(allowed[0]), Decimal(allowed[1]))


@pytest.mark.parametrize("text", ["", "%", "-1", "1e3", "cost=", "cost=x", "1 %%", "nan", "0,5%", "a b=1"])
def test_a_tolerance_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be read: write 0\.5%, cost=0\.01"):
        parse_tolerances([text])


def test_a_tolerance_of_what_is_not_compared_is_refused() -> None:
    with pytest.raises(UsageError, match="clicks is not compared; compared are cost"):
        parse_tolerances(["clicks=1"]).check(["cost"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cost", "cannot be read: write NAME=COLUMN"),
        ("cost=", "cannot be read: write NAME=COLUMN"),
        ("ctr=CTR", "ctr is a ratio, which does not add up: map what it is made of"),
        ("users=Reach", "users is no sum, so the rows of a file cannot be added up to it: map impressions, clicks, cost"),
        ("spend=Cost", "rollup campaign_daily has no 'spend'; it has day, campaign_id, ad_id, impressions, clicks, cost"),
    ],
)
def test_a_map_that_cannot_be_compared_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_map([text], ROLLUP)


def test_one_name_is_mapped_once() -> None:
    with pytest.raises(UsageError, match="names event_date twice: 'Day' and 'Date'"):
        parse_map(["day=Day", "event_date=Date"], ROLLUP)


def test_own_names_need_no_map_whatever_their_case() -> None:
    found = plan_columns(ROLLUP, {"impressions": "Impr."}, ["Campaign ID", "Day", "Impr.", "COST", "Users", "CTR"], "a.csv")
    assert (found.day, dict(found.keys), dict(found.metrics)) == (
        "Day", {"campaign_id": "Campaign ID"}, {"impressions": "Impr.", "cost": "COST"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (["Day", "Impr."], "a.csv has no column 'Cost'; its columns are Day, Impr."),
        (["Cost", "Month"], "a.csv has no column day: name it with --map day=COLUMN; its columns are Cost, Month"),
        (["Day", "Cost", "Cost"], "a.csv names the column 'Cost' twice"),
        (["Day", "Date", "Cost"], "a.csv has 'Day' and 'Date': say which is event_date with --map"),
    ],
)
def test_columns_that_are_missing_are_named(header: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plan_columns(ROLLUP, {"cost": "Cost"}, header, "a.csv")


def opened(tmp_path: Path, name: str, content: bytes, **given: str) -> tuple[ReportFile, str]:
    (tmp_path / name).write_bytes(content)
    folder = tmp_path / "made"
    folder.mkdir()
    report = open_report(tmp_path / name, given, ROLLUP, folder)
    return report, report.table.path.read_text()


def test_the_header_is_found_below_a_title_whatever_the_delimiter_and_encoding(tmp_path: Path) -> None:
    text = 'Campaign report\n"November 1, 2026 - November 2, 2026"\nCampaign\tDay\tCost\r\na\t2026-11-01\t1.5\r\n'
    report, records = opened(tmp_path, "google.csv.gz", gzip.compress(text.encode("utf-16")))
    assert (report.skipped, report.places, records) == (3, ("c2", "c3"), "a\t2026-11-01\t1.5\n")


def test_a_quoted_header_that_stands_on_two_lines_counts_both(tmp_path: Path) -> None:
    report, records = opened(tmp_path, "a.csv", b'Day;"Cost\n(EUR)"\n2026-11-01;1\n', cost="Cost\n(EUR)")
    assert (report.skipped, records) == (2, "2026-11-01;1\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_text_is_read_in_the_encodings_that_platforms_and_spreadsheets_write(tmp_path: Path, encoding: str) -> None:
    text = "sep=;\nCampaign;Day;Cost\nZ\u00fcrich;2026-11-01;1,5\n" * 20
    report, records = opened(tmp_path, "a.txt.bz2", bz2.compress(text.encode(encoding)), campaign_id="Campaign")
    assert (report.skipped, report.places) == (2, ("c2", "c1", "c3"))
    assert records.startswith("Z\u00fcrich;2026-11-01;1,5\n")


def test_an_array_of_json_is_read_as_lines(tmp_path: Path) -> None:
    rows = [{"day": "2026-11-01", "cost": 1.5}, {"day": "2026-11-02", "cost": 2}]
    _, records = opened(tmp_path, "a.json", json.dumps(rows, indent=2).encode())
    assert [json.loads(line) for line in records.splitlines() if line.strip()] == rows


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "is empty: there is nothing to compare"),
        ("a.csv", b"PK\x03\x04....", r"is a ZIP archive or a spreadsheet \(.xlsx\), not text: export it as CSV"),
        ("a.csv", b"Day,Cost\n\0\1\2\xe9\n", "is binary, not text"),
        ("a.avro", b"Obj\1", "convert it to Parquet"),
        ("a.csv.gz", b"Day,Cost\n", "cannot be read"),
        ("a.parquet", b"Day,Cost\n", "cannot be read"),
        ("a.ndjson", b"[1]\n", "JSON objects are needed"),
        ("a.ndjson", b"no json\n", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        opened(tmp_path, name, content)
    assert name in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.csv cannot be read: it is not a file, or there is none"):
        open_report(tmp_path / "none.csv", {}, ROLLUP, tmp_path)
