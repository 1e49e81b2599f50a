"""Exact totals of generated events per rollup row, added up in whole millionths, without any engine."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from ads_pipeline.generate.events import ADS, CAMPAIGNS, COUNTRIES, DEVICES, PUBLISHERS, Block, micros

METRICS = ("impressions", "clicks", "conversions", "cost", "revenue")


class Truth:
    """Totals of `campaign_daily` and `publisher_daily` over events whose first day is `first`."""

    def __init__(self, first: date, days: int) -> None:
        self.first = first
        self._campaigns = np.zeros((len(METRICS), days * CAMPAIGNS * ADS), dtype=np.int64)
        self._publishers = np.zeros((len(METRICS), days * PUBLISHERS * len(COUNTRIES) * len(DEVICES)), dtype=np.int64)

    def add(self, block: Block) -> None:
        """Count events, each in the content that stays."""
        campaign = (block.day * CAMPAIGNS + block.campaign) * ADS + block.ad
        publisher = ((block.day * PUBLISHERS + block.publisher) * len(COUNTRIES) + block.country) * len(DEVICES) + block.device
        counts = [np.where(block.type == kind, block.quantity, 0) for kind in range(3)]
        values = [*counts, micros(block, "cost"), micros(block, "revenue")]
        for totals, cell in ((self._campaigns, campaign), (self._publishers, publisher)):
            for metric, value in enumerate(values):
                # sums of a block stay far below 2**53, where floats are exact
                totals[metric] += np.bincount(cell, weights=value, minlength=totals.shape[1]).astype(np.int64)

    def write(self, path: Path, lines: dict[str, int]) -> None:
        """Write the totals as JSON: rows per rollup, and what kinds of `lines` there are."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            file.write('{"campaign_daily": [\n' + ",\n".join(self._rows(self._campaigns, self._campaign)) + "\n],\n")
            file.write('"publisher_daily": [\n' + ",\n".join(self._rows(self._publishers, self._publisher)) + "\n],\n")
            file.write(f'"lines": {json.dumps(lines)}}}\n')

    def _rows(self, totals: Any, names: Any) -> Iterator[str]:
        for cell in np.flatnonzero(totals[:3].sum(axis=0)).tolist():
            row = names(cell) | {metric: int(totals[place, cell]) for place, metric in enumerate(METRICS[:3])}
            money = ", ".join(f'"{metric}": {_decimal(int(totals[place, cell]))}' for place, metric in enumerate(METRICS) if place > 2)
            yield f"{json.dumps(row)[:-1]}, {money}}}"

    def _campaign(self, cell: int) -> dict[str, Any]:
        cell, ad = divmod(cell, ADS)
        day, campaign = divmod(cell, CAMPAIGNS)
        return {"event_date": self._day(day), "campaign_id": f"c{campaign:03}", "ad_id": f"c{campaign:03}-a{ad:03}"}

    def _publisher(self, cell: int) -> dict[str, Any]:
        cell, device = divmod(cell, len(DEVICES))
        cell, country = divmod(cell, len(COUNTRIES))
        day, publisher = divmod(cell, PUBLISHERS)
        names = {"publisher_id": f"pub{publisher:03}", "country": COUNTRIES[country], "device": DEVICES[device]}
        return {"event_date": self._day(day), **names}

    def _day(self, day: int) -> str:
        return (self.first + timedelta(days=day)).isoformat()


def _decimal(millionths: int) -> str:
    text = f"{'-' * (millionths < 0)}{abs(millionths) // 1_000_000}.{abs(millionths) % 1_000_000:06}".rstrip("0")
    return text + "0" if text.endswith(".") else text
