"""`ads generate` as people call it: summaries, exit codes, one clear sentence for what makes no sense."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ads_pipeline.cli import main

SMALL = ("--events", "300", "--days", "3", "--drops", "4", "--end", "2026-11-20")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["generate", *arguments])


def test_summary_as_json_and_as_text(tmp_path: Path) -> None:
    shares = ("--duplicates", "10", "--corrections", "5", "--malformed", "2", "--late", "3")
    result = run("--out", str(tmp_path / "a"), *SMALL, *shares, "--truth", str(tmp_path / "truth.json"), "--json")
    assert result.exit_code == 0
    summary = json.loads(result.stdout)
    assert list(summary) == ["drops", "lines", "events", "duplicates", "corrections", "malformed", "late", "bytes", "seconds"]
    assert [summary[name] for name in ("drops", "lines", "events", "late")] == [4, 351, 300, 9]
    assert list(json.loads((tmp_path / "truth.json").read_text())) == ["campaign_daily", "publisher_daily", "lines"]
    text = run("--out", str(tmp_path / "b"), *SMALL).stdout
    assert text.count("\n") == 1
    assert "4 drops" in text
    assert "300 lines: 300 events (0 late), 0 duplicates, 0 corrections, 0 malformed" in text


def test_days_end_where_told(tmp_path: Path) -> None:
    run("--out", str(tmp_path), *SMALL)
    assert [path.name for path in sorted((tmp_path / "events").iterdir())] == ["dt=2026-11-18", "dt=2026-11-19", "dt=2026-11-20"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--late", "51"), "51.0 is not in the range 0<=x<=50"),
        (("--malformed", "-1"), "-1.0 is not in the range 0<=x<=50"),
        (("--duplicates", "nan"), "duplicates is nan: it is a percentage from 0 to 50"),
        (("--events", "0"), "0 is not in the range x>=1"),
        (("--seed", "-3"), "-3 is not in the range x>=0"),
        (("--end", "20.11.2026"), "write it as YYYY-MM-DD"),
        (("--days", "1000000"), "days is 1000000: it has to be 1000 or fewer"),
        (("--drops", "301"), "301 drops for 300 events"),
        (("--days", "1", "--late", "5"), "late events need two drops and two days"),
    ],
)
def test_wrong_arguments_are_one_clear_sentence(wrong: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = run("--out", str(tmp_path / "out"), *SMALL, *wrong)
    assert result.exit_code == 2
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert said in sentence
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "events").write_text("a file where the folder has to be")
    result = run("--out", str(tmp_path), *SMALL)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: cannot write")
    assert result.stderr.count("\n") == 1
