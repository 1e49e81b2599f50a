"""Data in messages: nothing that is not seen reaches a terminal, and JSON keeps its value."""

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads_pipeline.log import JsonFormatter, TextFormatter
from ads_pipeline.text import visible, visible_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("brand[q4] :smile: 漢字🚀", "brand[q4] :smile: 漢字🚀"),
        ("\x1b[2J\x7f\x9b", r"\x1b[2J\x7f\u009b"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\u202e\u200b\u2028\xa0", r"\u202e\u200b\u2028\u00a0"),
        ("\U000e0001\udcff", r"\U000e0001\udcff"),
    ],
)
def test_what_is_not_seen_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_json_keeps_its_value(text: str) -> None:
    printed = visible_json(json.dumps([text], ensure_ascii=False, indent=2))
    assert json.loads(printed) == [text]
    assert printed.replace("\n", "").isprintable()


def test_a_record_of_the_log_is_one_line() -> None:
    record = logging.LogRecord("ads_pipeline", logging.WARNING, __file__, 1, "drop %s", ("a\x1b[2J\nINFO all is well",), None)
    assert TextFormatter("%(levelname)s %(message)s").format(record) == r"WARNING drop a\x1b[2J\nINFO all is well"
    assert json.loads(JsonFormatter().format(record))["message"] == "drop a\x1b[2J\nINFO all is well"


def test_a_traceback_has_its_lines_and_no_control_character() -> None:
    try:
        raise ValueError("\x9b2J")
    except ValueError:
        text = TextFormatter().formatException(sys.exc_info())
    assert text.splitlines()[-1] == r"ValueError: \u009b2J"
