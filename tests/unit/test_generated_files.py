"""What `make generate` makes is committed as it is made, and is made once."""

import json
import re
from pathlib import Path

import pytest

from ads_pipeline.contract import FIELDS, ContractField
from ads_pipeline.contract.kinds import Text
from benchmarks import report
from benchmarks.__main__ import PARTS
from tools.generate import ROOT, compose, generated_files, migrations

GENERATED = [
    "sql/ingest/contract.sql",
    "sql/ingest/plain.sql",
    "sql/ingest/plain_records.sql",
    "sql/ingest/uniform.sql",
    "docs/contract.md",
    "docs/configuration.md",
    ".env.example",
]
MIGRATIONS = ROOT / "sql" / "migrations"
ADDED = ContractField("placement_id", Text(), "Placement that showed the ad", ("top",))


def test_what_is_generated_is_committed() -> None:
    files = generated_files()
    assert list(files) == [*GENERATED, *compose.NAMES]
    for name, text in files.items():
        assert (ROOT / name).read_text() == text, f"{name} is not what `make generate` makes of it"


def test_the_page_of_benchmarks_has_the_figures_that_are_kept() -> None:
    held = json.loads(report.RESULTS.read_text())
    assert (ROOT / "docs" / "benchmarks.md").read_text() == report.page_of(held, list(PARTS))


@pytest.fixture
def with_a_field_more(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = (*FIELDS[:-1], ADDED, FIELDS[-1])
    monkeypatch.setattr(migrations, "FIELDS", fields)
    monkeypatch.setattr(migrations, "CONTRACT_FIELDS", tuple(field.name for field in fields))


@pytest.mark.usefixtures("with_a_field_more")
def test_a_new_field_gets_a_column_and_stands_in_the_view(tmp_path: Path) -> None:
    for path in MIGRATIONS.glob("[0-9]*.sql"):
        (tmp_path / path.name).write_text(path.read_text())
    (column, added), (kept, more), (view, shown) = migrations.lacking_migrations(tmp_path).items()
    number = int(Path(column).name[:4])
    assert Path(column).name == f"{number:04}_events_placement_id.sql"
    assert added.splitlines()[-1] == "ALTER TABLE events {{ on_cluster }} ADD COLUMN IF NOT EXISTS placement_id String AFTER revenue"
    assert Path(kept).name == f"{number + 1:04}_corrections_placement_id.sql"
    assert Path(view).name == f"{number + 2:04}_events_current.sql"
    assert "cost, revenue, placement_id, attributes, event_date," in " ".join(shown.split())
    assert [word for word in shown.split() if word != "placement_id,"] == sorted(MIGRATIONS.glob("*_events_current.sql"))[
        -1
    ].read_text().split()
    for name, text in ((column, added), (kept, more), (view, shown)):
        (tmp_path / Path(name).name).write_text(text)
    assert migrations.lacking_migrations(tmp_path) == {}


def test_the_tables_have_the_columns_of_the_contract() -> None:
    texts = [path.read_text() for path in sorted(MIGRATIONS.glob("[0-9]*.sql"))]
    columns = migrations.columns_of("events", texts)
    assert {field.name: field.kind.column for field in FIELDS}.items() <= columns.items()
    assert {field.name: field.kind.column for field in FIELDS}.items() <= migrations.columns_of("corrections", texts).items()
    own = {
        "event_date", "ids", "drop", "line_number", "record", "origin", "version",
        "confirmed_by", "confirmed_line", "confirmed_record", "batch",
    }  # fmt: skip
    assert set(columns) - {field.name for field in FIELDS} == own


def test_the_text_of_a_migration_does_not_change_with_the_contract() -> None:
    for path in MIGRATIONS.glob("*.sql"):
        assert not re.search(r"\{\{ *(event_columns|content_columns|event_definitions) *\}\}", path.read_text()), path.name


def test_each_migration_has_a_number_of_its_own() -> None:
    """Two branches that add a field each may both have taken the next one."""
    numbers = [path.name[:4] for path in MIGRATIONS.glob("[0-9]*.sql")]
    assert sorted(numbers) == sorted(set(numbers))


def test_a_column_of_another_type_is_no_work_of_a_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "FIELDS", (ContractField("cost", Text(), "", ()),))
    with pytest.raises(ValueError, match=r"events.cost is Decimal\(18, 9\) by the migrations, the contract says String: write a migration"):
        migrations.lacking_migrations(MIGRATIONS)
