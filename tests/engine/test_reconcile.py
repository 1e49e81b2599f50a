"""`reconcile` compares a platform's file with a rollup: every figure equals one that was computed apart."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.reconcile import Reconciliation, parse_tolerances, reconcile
from tests.engine.conftest import Home, event, kept_for_ever

DAYS = ("2026-11-10", "2026-11-11", "2026-11-12")


def compare(
    home: Home, text: str | bytes, *maps: str, name: str = "report.csv", allowed: Sequence[str] = (), **more: Any
) -> Reconciliation:
    path = Path(home.settings.home) / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return reconcile(home.warehouse, home.settings, "campaign_daily", path, maps, parse_tolerances(allowed), **more)


def differing(found: Reconciliation) -> list[tuple[str, str, str, dict[str, str]]]:
    """Day, keys, side and differences that are not 0, of each."""
    return [
        (
            str(one.day),
            "/".join(one.keys.values()),
            one.only_in,
            {name: f"{amount.normalize():f}" for name, amount in one.differences.items() if amount},
        )
        for one in found.differences
    ]


@pytest.fixture
def home(home: Home, make_home: Callable[..., Home]) -> Home:
    """A home that keeps raw rows for ever: the days of these tests are fixed."""
    del home
    return kept_for_ever(make_home)


@pytest.fixture
def filled(home: Home) -> Home:
    """Three days of two campaigns, of two ads each: 12 clicks at 0.25, a conversion."""
    clicks = [
        event(number, day=day, campaign_id=campaign, ad_id=ad)
        for number, (day, campaign, ad) in enumerate((day, campaign, ad) for day in DAYS for campaign in ("c1", "c2") for ad in ("a", "b"))
    ]
    home.land("a.ndjson", *clicks, event(99, day=DAYS[0], event_type="conversion", cost="0.000001"))
    home.ingest()
    return home


EQUAL = "Day,Campaign ID,Clicks,Cost\n" + "".join(f"{day},{name},2,0.5\n" for day in DAYS for name in ("c1", "c2"))
ONE_OFF = {"cost": "0.000001"}


@pytest.mark.further
def test_equal_but_for_a_conversion(filled: Home) -> None:
    found = compare(filled, EQUAL)
    assert differing(found) == [(DAYS[0], "c1", "", ONE_OFF)]
    assert (found.compared, found.differing, found.beyond, found.reading.rows) == (6, 1, 1, 6)
    assert [(total.metric, total.theirs, total.ours, total.difference, total.percent) for total in found.totals] == [
        ("clicks", 12, 12, 0, 0),
        ("cost", Decimal(3), Decimal("3.000001"), Decimal("0.000001"), Decimal("0.0000")),
    ]
    assert compare(filled, EQUAL, allowed=["cost=0.000001"]).beyond == 0
    assert compare(filled, EQUAL, allowed=["cost=0.0000009"]).beyond == 1
    assert compare(filled, EQUAL, allowed=["0.0002%"]).beyond == 0
    assert compare(filled, EQUAL, allowed=["0.0001%", "clicks=5"]).beyond == 1
    assert compare(filled, EQUAL, where={"campaign_id": ["c2"]}).differing == 3


@pytest.mark.further
def test_days_in_usual_layouts(filled: Home) -> None:
    for days in (
        ("2026-11-10", "20261111", "2026/11/12"),
        ("Nov 10, 2026", "Wed, 11 November 2026", "12-Nov-26"),
        ("10.11.2026", "11.11.26", "2026-11-12T00:00:00Z"),
    ):
        found = compare(filled, "Date;clicks\n" + "".join(f"{day};4\n" for day in days))
        assert found.differing == 0, days
    found = compare(filled, "Date;clicks\n11/10/2026;4\n11/11/2026;4\n11/13/2026;4\n")
    assert differing(found) == [(DAYS[2], "", "ours", {"clicks": "4"}), ("2026-11-13", "", "theirs", {"clicks": "-4"})]


@pytest.mark.further
def test_days_that_may_be_read_in_two_ways_are_asked_for(filled: Home) -> None:
    text = "Day,Clicks\n10/11/2026,4\n11/11/2026,4\n12/11/2026,4\n"
    with pytest.raises(UsageError, match="writes days such as 10/11, which may be day/month or month/day: add --day-first"):
        compare(filled, text)
    assert compare(filled, text, day_first=True).differing == 0
    assert compare(filled, text, day_first=False).differing == 2 + 2


@pytest.mark.further
def test_amounts_as_people_write_them(filled: Home) -> None:
    for cells, amount in (
        (("1,234.5", "$0.25"), "1234.75"),
        (("1.234,5", "0,25 €"), "1234.75"),
        (("1'234.50", "USD 0.25"), "1234.75"),
        (("1\u202f234,50", "EUR0,25"), "1234.75"),
        (("(0.50)", "--"), "-0.5"),
        (("\u22120.5", "N/A"), "-0.5"),
        (("12,34,567", "0.000000000001"), "1234567.000000000001"),
        (("1,234", ""), "1234"),
    ):
        found = compare(filled, "Day\tCost\n" + "".join(f'{DAYS[0]}\t"{cell}"\n' for cell in cells))
        assert found.totals[0].theirs == Decimal(amount), cells


def test_points_in_whole_numbers_separate_thousands(filled: Home) -> None:
    found = compare(filled, f"Day;Clicks;Cost\n{DAYS[0]};1.234;2.345\n")
    assert [total.theirs for total in found.totals] == [1234, 2345]
    assert found.notes == ["amounts are read with a decimal comma: 1.234,56"]


def test_totals_and_remarks_are_skipped_and_said(filled: Home) -> None:
    text = "Report\n" + EQUAL + "Total: account, --,12,3\n,,12,3\n\nDownloaded on Monday,,,\n"
    found = compare(filled, text)
    assert differing(found) == [(DAYS[0], "c1", "", ONE_OFF)]
    assert found.notes == ["skipped: 2 rows of totals and 1 line without day and amounts (line 9, 10, 12)"]


def test_amounts_that_may_be_read_in_two_ways_are_said(filled: Home) -> None:
    note = "amounts such as 1.234 are read with a decimal point: the file does not say that it parts thousands"
    assert note in compare(filled, f"Day,Cost\n{DAYS[0]},1.234\n{DAYS[1]},12.500\n").notes
    assert note not in compare(filled, f"Day,Cost\n{DAYS[0]},1.234\n{DAYS[1]},12.5\n").notes


@pytest.mark.further
def test_a_campaign_named_total_is_one(filled: Home) -> None:
    text = EQUAL + f"{DAYS[0]},Total,1,0.25\n"
    assert compare(filled, text).notes == ["skipped: 1 row of totals (line 8)"]
    filled.land("b.ndjson", event(7, day=DAYS[0], campaign_id="Total"))
    filled.ingest()
    assert differing(compare(filled, text)) == [(DAYS[0], "c1", "", ONE_OFF)]


@pytest.mark.further
@pytest.mark.each_engine
def test_every_format_is_read_alike(filled: Home) -> None:
    import pyarrow as pa
    import pyarrow.orc
    import pyarrow.parquet as pq

    days = [date.fromisoformat(day) for day in DAYS]
    path = Path(filled.settings.home) / "made.parquet"
    pq.write_table(pa.table({"day": days, "clicks": [4, 4, 5], "cost": [Decimal("1.000001"), Decimal(1), Decimal(1)]}), path)
    ndjson = (
        f'{{"day":"{DAYS[0]}","clicks":4,"cost":"1.000001"}}\n{{"day":"{DAYS[1]}","clicks":"4","cost":1}}\n\n'
        f'{{"cost":1.0,"clicks":5,"day":"{DAYS[2]}"}}\n'
    )
    table, stream, orc = pq.read_table(path), pa.BufferOutputStream(), pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, table.schema) as arrow:
        arrow.write_table(table)
    pa.orc.write_table(table, orc)
    files = {"a.ndjson": ndjson.encode(), "a.parquet": path.read_bytes(), "a.arrow": stream.getvalue(), "a.orc": orc.getvalue()}
    for name, content in files.items():
        assert differing(compare(filled, bytes(content), name=name)) == [(DAYS[2], "", "", {"clicks": "-1"})], name


def test_keys_and_days_of_one_side_are_said(filled: Home) -> None:
    text = f"Day,campaign_id,ad_id,clicks\n{DAYS[0]},c1,a,1\n{DAYS[0]},c1,A,7\n{DAYS[2]},c2,b,1\n"
    found = compare(filled, text)
    assert differing(found)[0] == (DAYS[0], "c1/A", "theirs", {"clicks": "-7"})
    assert {only_in for _, _, only_in, _ in differing(found)[1:]} == {"ours"}
    assert len(found.differences) == 1 + 12 - 2


def test_what_cannot_be_read_is_named(filled: Home) -> None:
    for text, said in (
        ("Day,Clicks\n2026-11-31,1\n", r"report\.csv, line 2: '2026-11-31' in column 'Day' is not a day; write it as YYYY-MM-DD"),
        ("x\nDay,Clicks\n2026-11-10,1\n2026-11-10,1.2.3\n", r"line 4: '1\.2\.3' in column 'Clicks' is not a number"),
        ("Day,Clicks\n2026-11-10,12%\nx,1\n", r"line 2: '12%' .* \(1 more lines cannot be read\)"),
        ('Day,Clicks,Cost\n2026-11-10,1,"1,5"\n2026-11-10,1,1.5\n', "two ways: line 2 has a decimal comma, line 3 a decimal point"),
        ("Day,Clicks\n13/11/2026,1\n11/13/2026,1\n", "some days with the day first and some with the month first"),
        ("Day,Clicks\n", "has no row with a day: there is nothing to compare"),
        ("Day,Clicks\n2026-11-10,1.0000000000001\n", "is not a number"),
        (
            "Day,Clicks\n2026-11-10,1,204\nprinted, today, for, you\n",
            "line 2 has more cells than the header: a cell that holds the delimiter",
        ),
    ):
        with pytest.raises(UsageError, match=said):
            compare(filled, text)


def test_what_looks_like_markup_or_sql_is_data(filled: Home) -> None:
    names = ["[/x]", "'; DROP TABLE events --", "{{ x }}", "{a:String}", "a\\", "漢字", "\x1b[2J", "NULL", "\\N", "=1+1", "%s"]
    text = "day,campaign_id,clicks\n" + "".join(f'{DAYS[0]},"{name}",5\n' for name in names)
    found = compare(filled, text)
    assert {one.keys["campaign_id"] for one in found.differences if one.only_in == "theirs"} == set(names)
