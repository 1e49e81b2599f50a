"""Tables: whatever the data and the width, every digit and every key is there, and nothing is markup or control."""

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ads_pipeline.cli.common import print_json
from ads_pipeline.cli.tables import print_table, shown
from ads_pipeline.text import visible

COLUMNS = ["day", "campaign", "note", "clicks", "cost", "users"]

TEXTS = st.text(max_size=40) | st.sampled_from(["[/x]", "brand[q4]", ":smile:", "\x1b[2J", "漢字" * 20, "x" * 128, "a\u202eb\u200b\n"])
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.decimals(-(10**29), 10**29, allow_nan=False, places=9) | st.none()
ROWS = st.lists(st.tuples(st.dates(), TEXTS, TEXTS, NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=5)


class Output:
    """Standard output that says whether it is a terminal."""

    encoding = "utf-8"

    def __init__(self, *, terminal: bool) -> None:
        self.text, self.terminal = "", terminal

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...


def printed(monkeypatch: pytest.MonkeyPatch, width: int | None, rows: list[Any]) -> str:
    """A table of these rows as it is printed; no width is a pipe."""
    output = Output(terminal=width is not None)
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", output)
        patch.setenv("COLUMNS", str(width or 0))
        print_table("", COLUMNS, rows, keys=("day", "campaign"), texts=("note",))
    return output.text


def without_styles(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("width", [None, 40, 80, 100, 120])
@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_every_digit_and_every_key_is_there(rows: list[Any], width: int | None) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        text_printed = printed(monkeypatch, width, rows)
    assert "\x1b" not in without_styles(text_printed), "no sequences but the table's own"
    text = without_styles(text_printed)
    assert all(character.isprintable() for character in text.replace("\n", ""))
    left = re.search(r"columns are too few: (.*); ", text)
    left_out = left[1].split(", ") if left else []
    assert not left_out or width is not None
    assert set(left_out) <= {"cost", "users"}, "only metrics, and never all of them"
    in_words = text.replace(",", "").split()
    for day, campaign, note, *numbers in rows:
        assert str(day) in in_words
        assert visible(campaign).strip() in text
        assert width is not None or visible(note).strip() in text
        for name, number in zip(COLUMNS[3:], numbers, strict=True):
            if number is not None and name not in left_out:
                digits = f"{number:f}" if isinstance(number, Decimal) else str(number)
                assert (digits.rstrip("0").rstrip(".") if "." in digits else digits) in in_words, name


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, width=st.integers(60, 200))
def test_a_table_stays_within_the_terminal_and_in_line(rows: list[Any], width: int) -> None:
    from rich.cells import cell_len

    with pytest.MonkeyPatch.context() as monkeypatch:
        lines = without_styles(printed(monkeypatch, width, rows)).splitlines()
    if lines[0]:  # not rows as lines
        table = [line for line in lines if not line.startswith("left out")]
        assert max(map(cell_len, table)) <= width
        begin = table[1].index("  ")
        assert not any(line[begin : begin + 2].strip() for line in table[2:]), "the days end at the same place"


def test_what_is_left_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ["2026-11-20", "c" * 30, "a long note about this campaign", 1, Decimal("1999999999999.999998"), 3]
    text = without_styles(printed(monkeypatch, 80, [row]))
    assert "a long note about this camp…" in text
    assert "left out, 80 columns are too few: cost, users; `--json` shows all" in text
    assert "left out" not in printed(monkeypatch, None, [row])
    lines = without_styles(printed(monkeypatch, 40, [row])).splitlines()
    assert "cost      1,999,999,999,999.999998" in lines


def test_wide_characters_are_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["2026-11-20", name, "", 1, 2, 3] for name in ("漢字", "🚀x", "plain")]
    lines = printed(monkeypatch, None, rows).splitlines()[2:]
    assert [line.split("  ")[1].strip() for line in lines] == ["漢字", "🚀x", "plain"]
    assert [len(line) for line in lines] == [len(lines[2]) - 2, len(lines[2]) - 1, len(lines[2])]


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colors_can_be_refused(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    row = ["2026-11-20", "c", "", 1, 2, 3]
    assert "\x1b[1m" in printed(monkeypatch, 80, [row])
    monkeypatch.setenv(variable, value)
    assert "\x1b" not in printed(monkeypatch, 80, [row])


def test_json_has_every_digit_and_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"cost": Decimal("123456789012345678901234567890.123456789"), "whole": Decimal("5.000"), "name": "\x1b\x9b\u202e"})
    assert capsys.readouterr().out == (
        '{\n  "cost": 123456789012345678901234567890.123456789,\n  "whole": 5,\n  "name": "\\u001b\\u009b\\u202e"\n}\n'
    )


def test_a_ratio_that_is_not_zero_is_not_shown_as_zero() -> None:
    assert [shown(value) for value in (0.0, 1e-9, 0.5, 1234567.0)] == ["0", "1e-09", "0.5", "1,234,567"]
