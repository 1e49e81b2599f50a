"""Drops of lines of several forms: whatever their first lines are like, each line is accounted for."""

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ads_pipeline.contract import Window, validate_line
from ads_pipeline.days import EARLIEST_DAY
from ads_pipeline.landing import Format
from ads_pipeline.pipeline.run import apply_changes
from ads_pipeline.pipeline.staging import bodies, drops, table, uniform
from tests.engine.conftest import Home
from tests.engine.test_uniform_lines import FORMS, line_of, lines_of


@pytest.mark.parametrize("many", [30, 10_000])
def test_drops_of_several_forms_are_loaded_line_by_line(many: int, lasting: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of other forms, refused ones, blank ones and repeated ones; with few lines of other forms and with many."""
    monkeypatch.setattr(drops, "LEAST", 1)
    monkeypatch.setattr(uniform, "HEAD", 1_000)
    monkeypatch.setattr(table, "MANY", many)
    chance, expected = random.Random(6), dict[tuple[str, int], tuple[str, ...]]()
    for number, (form, other) in enumerate(zip(FORMS, [*FORMS[1:], FORMS[0]], strict=True)):
        usual = [line_of(form, {"event_id": f'"{number}-{line}"'}) for line in range(20)]
        odd = [line for line in lines_of(form, chance, 60) if line.isascii() and b"\r" not in line]
        others = [line_of(other, {"event_id": f'"{number}-other-{line}"', "campaign_id": '"ü"'}) for line in range(20)]
        repeated = [json.dumps(json.loads(usual[3]), indent=2).replace("\n", " ").encode(), usual[3]]
        name, lines = f"{number}.ndjson", [*usual, b"", b" ", *odd, *others, *repeated]
        path = Path(lasting.settings.landing) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\n".join(lines))
        assert uniform.form_of_file(path, Format("ndjson", "")) == replace(form, has_commas=form.is_spaced)
        window = Window(EARLIEST_DAY, datetime.now(UTC) + lasting.settings.max_future)
        verdicts = {place: validate_line(line, window) for place, line in enumerate(lines, 1)}
        expected |= {(name, place): found if isinstance(found, tuple) else () for place, found in verdicts.items() if found is not None}
    counts = lasting.ingest().counts
    refused = {key: reasons for key, reasons in expected.items() if reasons}
    assert (counts.lines, counts.quarantined) == (len(expected), len(refused))
    assert counts.accepted + counts.duplicates + counts.corrections == len(expected) - len(refused)
    found = lasting.ask("SELECT drop, line_number, reasons FROM quarantine FINAL")
    assert {(row["drop"], int(row["line_number"])): tuple(row["reasons"]) for row in found} == refused
    held = {(row["drop"], int(row["line_number"])) for row in lasting.ask("SELECT drop, line_number FROM events FINAL")}
    assert len(held) == counts.accepted
    assert held <= expected.keys() - refused.keys()


@pytest.mark.further
@pytest.mark.each_engine
def test_lines_that_are_longer_than_the_first_ones_need_no_more_memory(
    make_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server holds thousands of lines at a time where the first ones are short: so many of these take more than a statement may."""
    monkeypatch.setattr(bodies, "LARGE", 1)
    monkeypatch.setattr(drops, "LEAST", 1)
    home = make_home(memory=512 << 20, drop_max_ratio=10_000, retention_days=0)
    apply_changes(home.warehouse, home.settings)
    path = Path(home.settings.landing) / "events" / "a.ndjson.gz"
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(3_000):
            file.write(line_of(FORMS[0], {"event_id": f'"{number}"'}) + b"\n")
        file.writelines([b" " * 60_000 + b"\n"] * 10_000)
        file.write(line_of(FORMS[0], {"event_id": '"last"'}) + b"\n")
    report = home.ingest()
    assert (report.failed_drops, report.counts.lines, report.counts.accepted) == (0, 3_001, 3_001)
    assert home.ask("SELECT line_number FROM events FINAL WHERE event_id = 'last'") == [{"line_number": 13_001}]
