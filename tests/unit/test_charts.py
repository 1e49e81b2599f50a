"""Charts in a terminal: as wide as it is, true to their values, and made of plain characters where there are no others."""

import io
import sys
from decimal import Decimal

import pytest

from ads_pipeline.cli import charts


def printed(capsys: pytest.CaptureFixture[str], *bars: tuple[str, object]) -> list[str]:
    charts.print_bars("cost", [name for name, _ in bars], [value for _, value in bars])
    return capsys.readouterr().out.splitlines()[1:]


def test_bars_are_as_long_as_their_values_and_end_at_the_width(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, ("a", Decimal("100.25")), ("b", Decimal("50.125")), ("c", 0), ("d", None), ("x" * 128, 1))
    assert max(map(len, lines)) == charts.WIDTH
    lengths = [line.count(charts.BLOCKS[-1]) for line in lines]
    assert lengths[0] == 2 * lengths[1] or abs(lengths[0] - 2 * lengths[1]) == 1
    assert lengths[2:] == [0, 0, 0]
    assert [line.split()[-1] for line in lines[:3]] == ["100.25", "50.125", "0"]
    assert lines[3].strip() == "d"
    assert charts.BLOCKS[0] in lines[4]  # what is there is seen, however small


def test_a_negative_value_goes_the_other_way(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, ("credit", Decimal(-30)), ("debit", Decimal(60)))
    assert lines[0].rindex(charts.BLOCKS[-1]) + 1 == lines[1].index(charts.BLOCKS[-1])
    assert printed(capsys, ("a", Decimal(-5)), ("b", Decimal(-1)))[0].count(charts.BLOCKS[-1]) > 50


def test_control_characters_and_wide_ones_do_not_break_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, ("\x1b[31mred", 1), ("\N{CJK UNIFIED IDEOGRAPH-5E83}" * 3, 1))
    assert "\x1b" not in "".join(lines)


def test_without_unicode_they_are_of_plain_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    charts.print_bars("cost", ["a" * 90, "b"], [2, 1])
    charts.print_sparklines("cost", [("a", [1, None, 3])], "2026-11-01", "2026-11-03")
    out.flush()
    text = out.buffer.getvalue().decode("ascii")
    assert "##" in text
    assert max(map(len, text.splitlines())) <= charts.WIDTH


def test_a_sparkline_has_a_mark_a_day_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    charts.print_sparklines("cost", [("a", [0, 1, None, 7]), ("b", list(range(400)))], "2026-11-01", "2026-11-04")
    _, few, many = capsys.readouterr().out.splitlines()
    assert few.split("  ")[1].rstrip() == f"{charts.SPARKS[0]}{charts.SPARKS[1]} {charts.SPARKS[7]}"
    assert (len(many), many.split()[-1]) == (charts.WIDTH, "399") or len(many) <= charts.WIDTH
