"""Completion in the shell: rollups and columns by the SQL files."""

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from ads_pipeline.cli import main


@pytest.mark.parametrize(
    ("typed", "incomplete", "offered"),
    [
        (["query"], "c", ["campaign_daily"]),
        (["why"], "", ["campaign_daily", "own", "publisher_daily"]),
        (["query", "campaign_daily", "--by"], "c", ["campaign_id"]),
        (["query", "own", "--by"], "", ["event_date", "country"]),
        (["query", "own", "--metric"], "", ["clicks", "cost", "cpc"]),
        (["query", "campaign_daily", "--metric"], "clicks,co", ["clicks,conversions", "clicks,cost"]),
        (["query", "campaign_daily", "--order-by"], "cost,-cl", ["cost,-clicks"]),
        (["query", "publisher_daily", "--where"], "co", ["country="]),
        (["query", "unknown", "--metric"], "", []),
    ],
)
def test_names_are_offered(typed: list[str], incomplete: str, offered: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rollups").mkdir()
    own = "sumSimpleState(if(event_type = 'click', quantity, 0)) AS clicks, sumSimpleState(cost) AS cost"
    text = f"SELECT event_date, country,\n    {own.replace(', sum', f',{chr(10)}    sum')}\nFROM events\nGROUP BY event_date, country\n"
    (tmp_path / "rollups" / "own.sql").write_text(text)
    monkeypatch.setenv("ADS_SQL_DIR", str(tmp_path))
    monkeypatch.setenv("ADS_HOME", str(tmp_path / "home"))
    found = ShellComplete(main, {}, "ads", "_ADS_COMPLETE").get_completions(typed, incomplete)
    assert [item.value for item in found] == offered
