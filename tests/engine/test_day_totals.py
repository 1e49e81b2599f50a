"""The history of days, and closed ones: the statement and its restatements add up to what the rollup has now."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.closing import close_days
from ads_pipeline.pipeline.forget import forget
from ads_pipeline.pipeline.history import read_history, read_restatements
from ads_pipeline.pipeline.rebuild import note_days
from ads_pipeline.pipeline.rollups import find_rollup
from ads_pipeline.pipeline.run import begin_run
from tests.engine.conftest import Home, event

DAY, LAST = "2026-11-10", date(2026, 11, 10)


def changes(home: Home, day: date = LAST) -> list[dict[str, Any]]:
    return [dict(change.totals) for change in read_history(home.warehouse, "campaign_daily", day)]


def rows(home: Home) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """What the rollup has now, by key."""
    found = home.ask("SELECT * FROM campaign_daily_report")
    metrics = ("impressions", "clicks", "conversions", "cost", "revenue", "users")
    return {
        (str(row["event_date"]), row["campaign_id"], row["ad_id"]): {metric: Decimal(str(row[metric])) for metric in metrics}
        for row in found
    }


def restated(home: Home, stated: dict[tuple[str, ...], dict[str, Decimal]]) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """The statement, with every restatement added to it; each follows the one before."""
    sums = {key: dict(row) for key, row in stated.items()}
    rollup = find_rollup(home.warehouse, home.settings, "campaign_daily")
    for one in read_restatements(home.warehouse, rollup, LAST - timedelta(days=9), LAST + timedelta(days=9), 10_000):
        row = sums.setdefault(tuple(one.keys.values()), {metric: Decimal(0) for metric in rollup.metrics})
        for metric in rollup.metrics:
            before, now = Decimal(one.before.get(metric, 0)), Decimal(one.change.totals.get(metric, 0))
            assert row[metric] == before
            row[metric] += now - before
    return {key: row for key, row in sums.items() if any(row.values())}


@pytest.mark.further
@pytest.mark.each_engine
def test_a_day_has_each_change_and_what_brought_it(lasting: Home) -> None:
    lasting.land("a.ndjson", event(1, day=DAY, user_id="u1"), event(2, day=DAY, user_id="u2"))
    lasting.ingest()
    lasting.land("b.ndjson", event(1, day=DAY, user_id="u1"))  # a duplicate changes nothing
    lasting.ingest()
    lasting.land("c.ndjson", event(2, day=DAY, cost="1.000000001", user_id="u2"), event(3, day=DAY, user_id="u1"))
    lasting.ingest()
    lasting.ingest()
    found = read_history(lasting.warehouse, "campaign_daily", LAST)
    assert [(change.totals["clicks"], change.totals["cost"], change.totals["users"]) for change in found] == [
        ("2", "0.5", "2"), ("3", "1.500000001", "2"),
    ]  # fmt: skip
    assert [change.drops for change in found] == [["a.ndjson"], ["c.ndjson"]]
    forget(begin_run(lasting.warehouse, lasting.settings), lasting.store, [found[1].drops[0]])
    assert [change["clicks"] for change in changes(lasting)] == ["2", "3", "2"]
    assert changes(lasting)[-1] == changes(lasting)[0]


def test_a_run_that_died_leaves_no_gap_and_nothing_twice(lasting: Home) -> None:
    lasting.land("a.ndjson", event(1, day=DAY))
    lasting.ingest()
    note_days(lasting.warehouse, "dead00000000", [LAST], settled=False)
    lasting.ingest()
    assert len(changes(lasting)) == 1


def test_a_rollup_whose_totals_cannot_be_kept_costs_no_other_its_history(
    make_home: Callable[..., Home], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "sql" / "rollups"
    folder.mkdir(parents=True)
    for name in ("a_odd", "odd"):
        folder.joinpath(f"{name}.sql").write_text(
            "SELECT event_date, ad_id AS figures, countState() AS events FROM events GROUP BY event_date, figures"
        )
    home = make_home(sql_dir=tmp_path / "sql")
    home.land("a.ndjson", event(1, day=DAY))
    home.ingest()
    assert [change["clicks"] for change in changes(home)] == ["1"]
    for name in ("a_odd", "odd"):
        assert f"the history of these days was not kept, of rollup {name}: " in caplog.text


@pytest.mark.further
def test_statement_and_restatements_add_up_to_the_present(lasting: Home) -> None:
    rng = random.Random(7)

    def land(number: int) -> None:
        costs, users = ["0.1", "-3", "2.25"], ["", "u", "v"]
        fields = ({"campaign_id": rng.choice("ab"), "cost": rng.choice(costs), "user_id": rng.choice(users)} for _ in range(30))
        lasting.land(
            f"{number}.ndjson", *(event(rng.randrange(25), day=f"2026-11-{rng.choice([9, 10, 11]):02}", **more) for more in fields)
        )
        lasting.ingest()

    land(0)
    run = begin_run(lasting.warehouse, lasting.settings)
    assert close_days(run, LAST) is None
    stated = {key: row for key, row in rows(lasting).items() if key[0] <= DAY}
    for number in range(1, 4):
        land(number)
        assert restated(lasting, stated) == {key: row for key, row in rows(lasting).items() if key[0] <= DAY and any(row.values())}
    assert close_days(begin_run(lasting.warehouse, lasting.settings), LAST) == LAST
    assert close_days(begin_run(lasting.warehouse, lasting.settings), date(2026, 11, 9)) == LAST
    with pytest.raises(UsageError, match="is not over"):
        close_days(begin_run(lasting.warehouse, lasting.settings), datetime.now(UTC).date())
    forget(begin_run(lasting.warehouse, lasting.settings), lasting.store, [f"{number}.ndjson" for number in range(4)])
    assert restated(lasting, stated) == {key: row for key, row in rows(lasting).items() if key[0] <= DAY}
