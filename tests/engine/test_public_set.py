"""The public set AdBids, whose totals its publisher's own tests hold. `ADBIDS_DATA` names its folder."""

import os
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.engine.conftest import Home

FOLDER = os.environ.get("ADBIDS_DATA", "")

PUBLISHERS = {
    "": (32897, "98780.92"),
    "Facebook": (19341, "57823.50"),
    "Google": (18763, "55963.51"),
    "Yahoo": (18593, "55537.17"),
    "Microsoft": (10406, "32471.74"),
}


@pytest.mark.further
@pytest.mark.skipif(not FOLDER, reason="ADBIDS_DATA names no folder with AdBids.csv.gz")
def test_totals_to_the_cent_and_again_under_another_name(make_home: Callable[..., Home]) -> None:
    home = make_home(retention_days=0)
    landing = Path(home.settings.landing) / "adbids"
    landing.mkdir()
    for name, accepted, duplicates in (("AdBids.csv.gz", 100000, 0), ("again.csv.gz", 0, 100000)):
        shutil.copy(Path(FOLDER) / "AdBids.csv.gz", landing / name)
        counts = home.ingest().counts
        assert (counts.lines, counts.accepted, counts.duplicates, counts.quarantined) == (100000, accepted, duplicates, 0)
        rows = home.ask(
            "SELECT publisher_id, sum(impressions) AS records, sum(cost) AS price FROM publisher_daily_report GROUP BY publisher_id"
        )
        assert {row["publisher_id"]: (row["records"], row["price"]) for row in rows} == {
            name: (records, Decimal(price)) for name, (records, price) in PUBLISHERS.items()
        }
        (domain,) = home.ask(
            "SELECT sum(impressions) AS records, sum(cost) AS price FROM campaign_daily_report WHERE campaign_id = 'msn.com'"
        )
        assert domain == {"records": 15526, "price": Decimal("48476.35")}
