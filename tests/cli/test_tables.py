"""Tables and messages of commands on terminals and in pipes: data is shown as data, with every digit."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.commands import ads
from tests.terminals import on_terminal

pytestmark = pytest.mark.xdist_group("cli_tables")  # one process makes the module's home

NAMES = ["[/x]", "brand[q4]", "[bold]x[/bold]", ":smile:", "\x1b]0;pwned\x07\x1b[2J\x1b[31mRED", "a\u202eb\u200b\u2028c", "漢字🚀", "money"]
SHOWN = [
    "[/x]",
    "brand[q4]",
    "[bold]x[/bold]",
    ":smile:",
    r"\x1b]0;pwned\x07\x1b[2J\x1b[31mRED",
    r"a\u202eb\u200b\u2028c",
    "漢字🚀",
    "money",
]
DROP = "[q4]\x1b[31m:smile:\u202e.ndjson"
DROP_SHOWN = r"[q4]\x1b[31m:smile:\u202e.ndjson"
MONEY = Decimal("999999999.999999")
REPEATS = 2001
WIDTHS = [80, *(pytest.param(columns, marks=pytest.mark.slow) for columns in (40, 100, 120))]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose data looks like markup and control sequences, with more money than a float can hold."""
    home = tmp_path_factory.mktemp("home")
    landing = home / "landing"
    landing.mkdir()
    event = {"event_time": "2026-11-20T10:00:00Z", "event_type": "click"}
    lines = [{"event_id": f"n{place}", "campaign_id": name} for place, name in enumerate(NAMES)]
    lines += [{"event_id": f"m{place}", "campaign_id": "money", "cost": str(MONEY)} for place in range(REPEATS)]
    text = "".join(json.dumps(event | line) + "\n" for line in lines)
    (landing / DROP).write_text(text + '{"event_id": "[/x] \x1b[2J\u202e :smile:"}\n')
    (landing / f"{DROP}.gz").write_bytes(b"no gzip")
    result = ads(home, "ingest", retention_days="0")
    assert (result.returncode, result.stdout.count("\x1b")) == (1, 0)
    assert f"failed: {DROP_SHOWN}.gz: " in result.stderr
    assert_no_control(result.stdout + result.stderr)
    return home


def assert_no_control(text: str) -> None:
    assert all(character.isprintable() for character in text.replace("\n", "")), text


def without_styles(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_rollup_on_a_terminal(home: Path, columns: int) -> None:
    text = without_styles(on_terminal(home, "query", "campaign_daily", "--by", "campaign_id", columns=columns, ADS_RETENTION_DAYS="0"))
    assert_no_control(text)
    for name in SHOWN:
        assert name in text
    assert f"{REPEATS + 1:,}" in text
    if "cost" not in (re.search("too few: (.*);", text) or [""])[0]:
        assert f"{MONEY * REPEATS:,}" in text


def test_a_rollup_in_a_pipe(home: Path) -> None:
    result = ads(home, "query", "campaign_daily", retention_days="0")
    assert result.returncode == 0
    assert_no_control(result.stdout)
    heading, _, *rows = result.stdout.splitlines()[1:]
    assert heading.split()[-1] == "roas"
    assert [row.split()[1] for row in rows] == sorted(SHOWN, key=lambda shown: NAMES[SHOWN.index(shown)].encode())
    assert f"{MONEY * REPEATS:,}" in rows[-2]


def test_a_rollup_as_json_has_every_digit(home: Path, tmp_path: Path) -> None:
    arguments = ["query", "campaign_daily", "--by", "campaign_id", "--where", "campaign_id=money", "--metric", "clicks,cost"]
    rows = json.loads(ads(home, *arguments, "--json", retention_days="0").stdout, parse_float=Decimal)
    assert rows == [{"campaign_id": "money", "clicks": REPEATS + 1, "cost": MONEY * REPEATS}]
    ads(home, *arguments, "--output", str(tmp_path / "lines"), retention_days="0")
    assert (tmp_path / "lines").read_text().splitlines()[1] == f"money\t{REPEATS + 1}\t{MONEY * REPEATS}"


@pytest.mark.parametrize("form", ["csv", "json"])
def test_other_formats_on_a_terminal_hold_no_control_character(home: Path, form: str) -> None:
    text = on_terminal(home, "query", "campaign_daily", "--by", "campaign_id", "--format", form, columns=80, ADS_RETENTION_DAYS="0")
    assert_no_control(text)
    if form == "json":
        assert {row["campaign_id"] for row in json.loads(text)} == set(NAMES)


@pytest.mark.parametrize("columns", WIDTHS)
def test_ledger_and_quarantine_on_a_terminal(home: Path, columns: int) -> None:
    drops = without_styles(on_terminal(home, "drops", "list", columns=columns, ADS_RETENTION_DAYS="0"))
    assert_no_control(drops)
    assert len(re.findall(re.escape(DROP_SHOWN) + r"(\.gz)?(?= |\n)", drops)) == 2
    assert "failed" in drops
    held = without_styles(on_terminal(home, "quarantine", "list", columns=columns, ADS_RETENTION_DAYS="0"))
    assert_no_control(held)
    (line,) = json.loads(ads(home, "quarantine", "list", "--json", retention_days="0").stdout)
    assert line["id"] in held.split()
    whole = without_styles(on_terminal(home, "quarantine", "show", line["id"], columns=columns, ADS_RETENTION_DAYS="0"))
    assert_no_control(whole)
    assert r'"[/x] \x1b[2J\u202e :smile:"' in whole
    assert DROP_SHOWN in without_styles(on_terminal(home, "drops", "show", DROP, columns=columns, ADS_RETENTION_DAYS="0"))


def test_messages_with_data_hold_no_control_character(home: Path) -> None:
    for arguments in (["check"], ["drops", "list"], ["quarantine", "list"], ["drops", "show", "\x1b[2J"], ["status"], ["doctor"]):
        result = ads(home, *arguments, retention_days="0")
        assert_no_control(result.stdout + result.stderr)
        assert "Traceback" not in result.stderr
    assert f"{DROP_SHOWN}.gz" in ads(home, "check", "no_failed_drop", retention_days="0").stdout
