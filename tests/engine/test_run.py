"""The life of a run: what it costs to begin, and that it begins once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline import run
from ads_pipeline.pipeline.changes import plan_changes
from ads_pipeline.pipeline.ingest import Report, ingest
from ads_pipeline.settings import load_settings
from tests.engine.conftest import Home, event

MOST_STATEMENTS = 15
"""Of an idle `ads ingest` on a young home, those that open the engine included."""


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list that grows by the text of each statement which the driver is given from here on."""
    statements: list[str] = []
    connect, depth = clickhouse_connect.get_client, [0]

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if not depth[0]:
                statements.append(str(args[1]) if len(args) > 1 else str(kwargs))
            depth[0] += 1
            try:
                return call(*args, **kwargs)
            finally:
                depth[0] -= 1

        return wrapped

    kinds: set[type] = set()

    def connected(*args: Any, **kwargs: Any) -> Any:
        client = connect(*args, **kwargs)
        if type(client) not in kinds:
            kinds.add(type(client))
            for name in ("command", "query", "insert", "raw_query", "raw_insert"):
                monkeypatch.setattr(type(client), name, counted(getattr(type(client), name)))
            statements.extend(["what the driver asks of itself"] * 2)
        return client

    monkeypatch.setattr(clickhouse_connect, "get_client", connected)
    return statements


def run_ingest(home: Path) -> Report:
    settings = load_settings(home=home)
    with run.open_run(settings) as begun:
        return ingest(begun, open_store(settings))


def test_an_idle_ingest_takes_few_statements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "a.ndjson").write_text("".join(json.dumps(event(number)) + "\n" for number in range(10)))
    assert run_ingest(tmp_path).counts.accepted == 10
    statements = counting(monkeypatch)
    assert run_ingest(tmp_path).drops == 0
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)


def test_a_run_plans_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_ingest(tmp_path)
    planned: list[Any] = []

    def counted(*args: Any) -> Any:
        planned.append(args)
        return plan_changes(*args)

    monkeypatch.setattr(run, "plan_changes", counted)
    run_ingest(tmp_path)
    assert len(planned) == 1


def test_what_a_dry_run_shows_is_what_is_done(make_home: Callable[..., Home]) -> None:
    made = make_home()
    planned = plan_changes(made.warehouse, made.settings)
    assert planned == run.apply_changes(made.warehouse, made.settings)
    assert plan_changes(made.warehouse, made.settings) == []
    changed = make_home(retention_days=7)
    planned = plan_changes(changed.warehouse, changed.settings)
    assert [(change.kind, change.safe) for change in planned] == [("retention", False)]
    assert planned == run.apply_changes(changed.warehouse, changed.settings)
