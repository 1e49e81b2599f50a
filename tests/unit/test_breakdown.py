"""What may be asked of a breakdown."""

from decimal import Decimal

import pytest

from ads_pipeline.errors import UsageError
from ads_pipeline.pipeline.breakdown import parse_least


def test_a_least_volume_is_a_plain_number() -> None:
    assert parse_least(["clicks=10", "cost = -0.5"]) == {"clicks": Decimal(10), "cost": Decimal("-0.5")}


@pytest.mark.parametrize("text", ["", "clicks", "clicks=", "clicks=many", "clicks=NaN", "clicks=inf", "clicks=1e18", "clicks=1E-999999"])
def test_any_other_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="is not METRIC=NUMBER: write for example impressions=1000"):
        parse_least([text])
