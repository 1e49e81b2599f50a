"""People erased from drops in a bucket: text is written anew there, Parquet is listed; raw and rollups lose them either way."""

import io
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.erasing.verb import Erased, erase
from ads_pipeline.pipeline.ingest import reload
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import load_settings
from tests.byte_scan import files_with
from tests.engine.conftest import event
from tests.objects.conftest import Home

pytestmark = pytest.mark.further

WHO = "person-001x"


def parquet(*events: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{name: str(value) for name, value in one.items()} for one in events]), content)
    return content.getvalue()


def filled(home: Home) -> None:
    """Two drops of text and one of Parquet, in each an event of the person and one of another."""
    for number, put in enumerate([home.land, home.land]):
        put(f"events/{number}.ndjson", event(number, user_id=WHO), event(10 + number, user_id="person-002x"))
    home.put("events/2.parquet", parquet(event(2, user_id=WHO), event(12, user_id="person-002x")))
    assert home.ingest().counts.accepted == 6


def erase_now(home: Home, **settings: Any) -> Erased:
    if settings:
        home.settings = load_settings(home=home.settings.home, landing_url=home.url, **settings)
    return erase(begin_run(home.warehouse, home.settings), open_store(home.settings), [WHO])[0]


def content(home: Home, name: str) -> bytes:
    return bytes(obstore.get(home.bucket, f"{home.prefix}/{name}").bytes())


def assert_gone(home: Home) -> None:
    assert home.ask("SELECT user_id, count() AS events FROM events_current GROUP BY user_id") == [{"user_id": "person-002x", "events": 3}]
    clicks = "SELECT sum(clicks) AS clicks, uniqCombined64IfMerge(users) AS users FROM campaign_daily"
    assert home.ask(clicks) == [{"clicks": 3, "users": 1}]
    checks = [check for check in all_checks(home.settings) if check.severity == "error"]
    assert [check.full_name for check in checks if not run_check(home.warehouse, home.settings, check).passed] == []


@pytest.mark.each_engine
def test_text_is_written_anew_in_the_bucket_and_parquet_is_listed(home: Home, tmp_path: Path) -> None:
    filled(home)
    done = erase_now(home)
    assert done.landed.rewritten == {"events/0.ndjson": 1, "events/1.ndjson": 1}
    assert done.landed.listed.keys() == {"events/2.parquet"}
    for number in range(2):
        text = content(home, f"events/{number}.ndjson")
        assert WHO.encode() not in text
        assert text.startswith(b"\n{")  # a blank line, so that line numbers stay
    assert_gone(home)
    assert home.ingest().drops == 0
    days = [row["day"] for row in home.ask("SELECT min(landed_day) AS day FROM drops UNION ALL SELECT max(landed_day) FROM drops")]
    reload(begin_run(home.warehouse, home.settings), open_store(home.settings), min(days), max(days))
    assert_gone(home)
    assert files_with(tmp_path, [WHO]) == []
    again = erase_now(home)
    assert again.landed.rewritten == {}
    assert again.landed.listed.keys() == {"events/2.parquet"}


def test_drops_in_a_bucket_are_listed_where_they_are_not_to_be_written(home: Home) -> None:
    filled(home)
    before = [content(home, f"events/{number}.ndjson") for number in range(2)]
    done = erase_now(home, erase_landed="list")
    assert done.landed.rewritten == {}
    assert done.landed.listed.keys() == {"events/0.ndjson", "events/1.ndjson", "events/2.parquet"}
    assert [content(home, f"events/{number}.ndjson") for number in range(2)] == before
    assert_gone(home)
