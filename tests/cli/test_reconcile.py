"""`ads reconcile` as a user runs it: exit codes, what stands on a terminal, JSON."""

import json
import re
from pathlib import Path

import pytest

from tests.commands import ads
from tests.terminals import on_terminal

pytestmark = pytest.mark.xdist_group("cli_reconcile")  # one process makes the module's home

FOREVER = {"retention_days": "0"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clicks of two campaigns on a day, and reports beside them."""
    home = tmp_path_factory.mktemp("home")
    (home / "landing").mkdir()
    event = {"event_time": "2026-11-20T10:00:00Z", "event_type": "click", "cost": "999999999.123456"}
    lines = [event | {"event_id": f"e{number}", "campaign_id": f"campaign-{number % 2}"} for number in range(10)]
    (home / "landing" / "a.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert ads(home, "ingest", **FOREVER).returncode == 0
    text = 'Campaign report\nDay,Campaign,Cost\n20.11.2026,campaign-0,"4,999,999,995.61728"\n20.11.2026,{},"4,999,999,995.61"\nTotal,,1\n'
    (home / "equal.csv").write_text("day,clicks\n2026-11-20,10\n")
    (home / "near.csv").write_text(text.format("campaign-1"))
    (home / "[q4]\x1b[31m.csv").write_text(text.format("[/x]\x1b[2J"))
    return home


def run(home: Path, file: str, *arguments: str) -> tuple[int, str, str]:
    done = ads(home, "reconcile", "campaign_daily", str(home / file), *arguments, **FOREVER)
    return done.returncode, done.stdout, done.stderr


MAP = ("--map", "campaign_id=Campaign")


def test_exit_codes(home: Path) -> None:
    code, text, _ = run(home, "equal.csv")
    assert (code, text.splitlines()[-1]) == (0, "agrees  1 day and key within the tolerance")
    code, text, _ = run(home, "near.csv", *MAP)
    assert (code, text.splitlines()[-1]) == (1, "differs  1 of 2 days and keys beyond the tolerance")
    code, text, _ = run(home, "near.csv", *MAP, "--tolerance", "0.5%")
    assert (code, text.splitlines()[-1]) == (0, "agrees  2 days and keys within the tolerance, 1 of them not equal")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("campaign_dayly", "equal.csv"), "unknown rollup 'campaign_dayly'; there are: campaign_daily, publisher_daily"),
        (("campaign_daily", "none.csv"), "none.csv cannot be read: it is not a file, or there is none"),
        (("campaign_daily", "equal.csv", "--map", "ctr=clicks"), "ctr is a ratio"),
        (("campaign_daily", "equal.csv", "--map", "cost=Spend"), "equal.csv has no column 'Spend'; its columns are day, clicks"),
        (("campaign_daily", "equal.csv", "--tolerance", "much"), "--tolerance 'much' cannot be read"),
        (("campaign_daily", "equal.csv", "--where", "color=red"), "unknown dimension 'color'"),
    ],
)
def test_wrong_usage_is_one_sentence_and_2(home: Path, arguments: tuple[str, ...], said: str) -> None:
    done = ads(home, "reconcile", arguments[0], str(home / arguments[1]), *arguments[2:], **FOREVER)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr.splitlines()[-1]


def test_json_has_every_digit_as_text(home: Path) -> None:
    code, text, _ = run(home, "near.csv", *MAP, "--json")
    found = json.loads(text)
    assert (code, found["agrees"], found["differing"], found["compared"], found["rows"]) == (1, False, 1, 2, 2)
    assert found["totals"] == [
        {"metric": "cost", "theirs": "9999999991.22728", "ours": "9999999991.23456", "difference": "0.00728", "percent": "0"}
    ]
    (one,) = found["differences"]
    assert (one["event_date"], one["keys"], one["line"], one["difference"]) == (
        "2026-11-20",
        {"campaign_id": "campaign-1"},
        4,
        {"cost": "0.00728"},
    )
    assert found["notes"] == ["skipped: 1 row of totals (line 5)"]


def test_a_terminal_of_80_columns_cuts_no_digit_and_shows_no_control_character(home: Path) -> None:
    text = on_terminal(home, "reconcile", "campaign_daily", str(home / "[q4]\x1b[31m.csv"), *MAP, columns=80, ADS_RETENTION_DAYS="0")
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert r"[q4]\x1b[31m.csv and campaign_daily" in text
    assert re.search(r"^2026-11-20  \[/x\]\\x1b\[2J +-4,999,999,995\.61( |$)", text, re.MULTILINE)
    assert re.search(r"^2026-11-20  campaign-1 +4,999,999,995\.61728( |$)", text, re.MULTILINE)
