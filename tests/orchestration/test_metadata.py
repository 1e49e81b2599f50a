"""Metadata that the UI renders as Markdown: data is not markup there."""

import html

from ads_pipeline.defs.metadata import refused_lines, why_of
from ads_pipeline.pipeline.quality import CheckResult


def test_refused_lines_are_shown_as_they_are() -> None:
    line = "`a|b` <img src=x> **b** [l](http://x) _i_ :smile: &lt;\n\x1b"
    text = refused_lines([{"drop": "a|b", "line_number": 3, "reasons": ["not_json", "missing:event_id"], "line": line}]).md_str
    assert text
    row = text.splitlines()[2]
    assert len(text.splitlines()) == 3
    cells = [html.unescape(cell.strip()) for cell in row.strip("|").split("|")]
    assert cells == ["a|b", "3", "not_json, missing:event_id", line.replace("\n", r"\n").replace("\x1b", r"\x1b")]
    assert not set(row) & set("<>`*_[]:")
    assert refused_lines([]).md_str == "none"


def test_a_failed_check_of_days_says_how_to_take_them_apart() -> None:
    def result(passed: bool, *sample: str) -> CheckResult:
        return CheckResult("exact", "campaign_daily", "error", passed, 1.0, list(sample))

    assert why_of("campaign_daily", result(False, "2026-11-01", "one more"))["why"].md_str == "    ads why campaign_daily --day 2026-11-01"
    assert why_of("campaign_daily", result(True, "2026-11-01")) == why_of("campaign_daily", result(False, "set apart")) == {}
