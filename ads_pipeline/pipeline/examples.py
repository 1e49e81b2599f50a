"""Examples of SQL files: what is given, and what must come out of it; run on a database that lasts as long as one example.

Beside `sql/sources/mine.sql` stands the folder `sql/sources/mine/`, and each folder in it is an example: files `given.…`, which land
as drops in the order of their names, and `expect.ndjson`. So it is with rollups and checks, whose `expect.csv` has rows. An example
may also have `given.sql`, statements that run after the drops are loaded, and `settings.json`, settings by their lower-case names.

The files are run by the pipeline itself, by `ingest` and by `run_check`; nothing here knows how a line becomes an event.
"""

import csv
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from difflib import unified_diff
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec

from ads_pipeline.contract import CONTRACT_FIELDS, FIELDS
from ads_pipeline.errors import AdsError, DropError, EngineError, SetApartError, SettingsError, UsageError
from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.quality import choose_checks, run_check
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import Settings, load_settings
from ads_pipeline.warehouse.embedded import need_embedded
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Names, Sql, collection, shipped_folder, statement
from ads_pipeline.warehouse.warehouse import Warehouse

KINDS = {"source": ("sources",), "rollup": ("rollups",), "check": ("checks/events", "checks/rollup")}
"""Folders of SQL files that have examples, by what people call such a file."""

PLAIN = {
    "clickhouse_dsn": "",
    "database": "ads",
    "cluster": "",
    "landing_url": "",
    "s3_collection": "",
    "timezone": "UTC",
    "retention_days": 0,
}
"""What holds for an example whatever the environment says: raw rows are kept for ever, so that its days may be any."""

PLACE = ("drop", "line_number", "record")
"""What orders the events and refusals of an example."""

_JSON = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Example:
    """The folder of one example of a file: `kind` is that of `KINDS`, `name` the file's."""

    kind: str
    name: str
    folder: Path

    @property
    def title(self) -> str:
        """The file's name and the example's."""
        return f"{self.name}/{self.folder.name}"


def find_examples(settings: Settings, kind: str, names: Sequence[str] = ()) -> list[Example]:
    """The examples of some files of a kind, or of all of them; opens no engine.

    Raises:
        UsageError: an unknown name, or one without examples.
    """
    files = {name: _file(settings, group, name) for group in KINDS[kind] for name in collection(group, settings.sql_dir)}
    found = {name: [Example(kind, name, folder) for folder in _folders(file.with_suffix(""))] for name, file in files.items()}
    for name in names:
        if name not in files:
            raise UsageError(f"unknown {kind} {name!r}; there are: {', '.join(files)}")
        if not found[name]:
            raise UsageError(f"{kind} {name} has no examples: put files given.… and expect.… into {files[name].with_suffix('')}/first")
    return [example for name in files if not names or name in names for example in found[name]]


def _file(settings: Settings, group: str, name: str) -> Path:
    """The file in use, which wins over a shipped one."""
    own = settings.sql_dir / group / f"{name}.sql" if settings.sql_dir else None
    return own if own and own.exists() else shipped_folder() / group / f"{name}.sql"


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir()) if folder.is_dir() else []


def difference(example: Example, settings: Settings) -> str:
    """What is expected and did not come, and what came in its place, as a readable text; empty if the example holds.

    Raises:
        SettingsError: the embedded engine is not installed, or the example is not complete.
    """
    need_embedded("examples run")
    try:
        with tempfile.TemporaryDirectory() as home:
            expected, got = RUNS[example.kind](example, _own_settings(example, settings, Path(home)))
    except (DropError, EngineError, SetApartError) as error:
        return f"! {error}"
    return "\n".join(line for line in list(unified_diff(expected, got, n=0, lineterm=""))[2:] if not line.startswith("@@"))


def _run_source(example: Example, own: Settings) -> tuple[list[str], list[str]]:
    """One JSON object a line: an event without the fields that have their default, or the `reasons` of a refusal."""
    with _loaded(example, own, example.name) as warehouse:
        columns = Names((*PLACE, *CONTRACT_FIELDS))
        events = warehouse.rows(statement("examples/events", columns=columns))
        refusals = warehouse.rows(statement("examples/refusals"))
    rows = sorted(events + refusals, key=lambda row: tuple(row[name] for name in PLACE))
    got = [_shown(row) for row in rows]
    expected = [json.loads(line, parse_float=Decimal) for line in _expected(example, "expect.ndjson").splitlines() if line.strip()]
    return [_shown(row) for row in expected], got


def _shown(row: dict[str, Any]) -> str:
    """A row of a source as text, alike whether it was read from a file or from the engine."""
    return _JSON.encode(without_defaults({name: value for name, value in row.items() if name not in PLACE})).decode()


def without_defaults(row: dict[str, Any]) -> dict[str, Any]:
    """An event without the fields that have their default, in the order of the contract, in JSON's own types and Decimal."""
    plain = {name: _plain(row[name]) for name in (*CONTRACT_FIELDS, *row) if name in row}
    return {name: value for name, value in plain.items() if value not in ("", 0, {}) and value != _DEFAULTS.get(name)}


_DEFAULTS = {field.name: field.kind.default for field in FIELDS}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds" if value.microsecond else "seconds").replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else Decimal(f"{value.normalize():f}")
    return value


def _run_rollup(example: Example, own: Settings) -> tuple[list[str], list[str]]:
    """The rows of the report, those columns that are expected, in the order of their values."""
    with _loaded(example, own, "events") as warehouse:
        rollup = find_rollup(warehouse, own, example.name)
        report = warehouse.raw(statement("queries/all_of", table=rollup.report), "CSVWithNames")
    return _tables(example, list(csv.DictReader(StringIO(report.decode()))))


def _run_check(example: Example, own: Settings) -> tuple[list[str], list[str]]:
    """What the check finds, one row an asset: `asset`, `passed`, `observed`, `sample`."""
    with _loaded(example, own, "events") as warehouse:
        results = [run_check(warehouse, own, check) for check in choose_checks(own, (example.name,))]
    rows = [
        {
            "asset": result.asset,
            "passed": str(result.passed).lower(),
            "observed": f"{result.observed:g}",
            "sample": "; ".join(result.sample),
        }
        for result in results
    ]
    return _tables(example, rows)


def _tables(example: Example, rows: list[dict[str, str]]) -> tuple[list[str], list[str]]:
    """The expected rows and those that came as lines of CSV, with the columns that are expected."""
    wanted = csv.DictReader(StringIO(_expected(example, "expect.csv")))
    columns = wanted.fieldnames or []
    if rows and (unknown := set(columns) - rows[0].keys()):
        raise SettingsError(f"{example.title}: expect.csv names {', '.join(sorted(unknown))}; there are: {', '.join(rows[0])}")
    expected, got = ([_line(row[column] for column in columns) for row in table] for table in (wanted, rows))
    return [_line(columns), *sorted(expected)], [_line(columns), *sorted(got)]


def _line(cells: Any) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _expected(example: Example, name: str) -> str:
    path = example.folder / name
    if not path.exists():
        raise SettingsError(f"the example {example.title} has no {name}: make {path}")
    return path.read_text(encoding="utf-8")


def _loaded(example: Example, own: Settings, source: str) -> Warehouse:
    """A database of its own that holds what is given, open."""
    landing = Path(own.landing) / source
    landing.mkdir(parents=True)
    given = sorted(path for path in example.folder.glob("given*") if path.suffix != ".sql")
    for age, path in zip(range(len(given), 0, -1), given, strict=True):
        landed = shutil.copy(path, landing)
        os.utime(landed, (time.time() - age, time.time() - age))
    warehouse = open_warehouse(own, write=True)
    try:
        errors = ingest(begin_run(warehouse, own), open_store(own)).errors
        if errors and example.kind != "check":
            raise DropError("; ".join(f"{name} cannot be loaded: {error}" for name, error in errors.items()))
        for path in sorted(example.folder.glob("given*.sql")):
            for text in path.read_text(encoding="utf-8").split(";\n"):
                if text.strip():
                    warehouse.run(Sql(text.strip()))
    except AdsError:
        warehouse.close()
        raise
    return warehouse


def _own_settings(example: Example, settings: Settings, home: Path) -> Settings:
    path = example.folder / "settings.json"
    changed = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return load_settings(**PLAIN | {"sql_dir": settings.sql_dir} | changed | {"home": home})


RUNS: dict[str, Callable[[Example, Settings], tuple[list[str], list[str]]]] = {
    "source": _run_source,
    "rollup": _run_rollup,
    "check": _run_check,
}
"""How an example of each kind is run: the expected lines, and those that came."""
