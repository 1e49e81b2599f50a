"""Exact totals of generated events per rollup row, added up in whole millionths, without any engine."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from ads_pipeline.generate.events import ADS, CAMPAIGNS, COUNTRIES, DEVICES, PUBLISHERS, Block, money

METRICS = ("impressions", "clicks", "conversions", "cost", "revenue")


class Truth:
    """Totals of `campaign_daily` and `publisher_daily` over events whose first day is `first`."""

    def __init__(self, first: date, days: int) -> None:
        self.first = first
        self._campaigns = np.zeros((len(METRICS), days, CAMPAIGNS * ADS), dtype=np.int64)
        self._publishers = np.zeros((len(METRICS), days, PUBLISHERS * len(COUNTRIES) * len(DEVICES)), dtype=np.int64)

    def add(self, block: Block) -> None:
        """Count events, each in the content that stays."""
        if not len(block):
            return
        low, high = int(block.day.min()), int(block.day.max()) + 1
        campaign = block.campaign * ADS + block.ad
        publisher = (block.publisher * len(COUNTRIES) + block.country) * len(DEVICES) + block.device
        values = [block.type == 0, block.type == 1, block.type == 2, *money(block.type, block.price)]
        for totals, cell in ((self._campaigns, campaign), (self._publishers, publisher)):
            shape = (high - low, totals.shape[2])
            for metric, value in enumerate(values):
                # sums of a block stay far below 2**53, where floats are exact
                added = np.bincount((block.day - low) * shape[1] + cell, weights=value, minlength=shape[0] * shape[1])
                totals[metric, low:high] += added.astype(np.int64).reshape(shape)

    def write(self, path: Path, lines: dict[str, int]) -> None:
        """Write the totals as JSON, whole or not at all: rows per rollup, sorted, and what kinds of `lines` there are."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        with unfinished.open("w", encoding="utf-8") as file:
            file.write('{"campaign_daily": [\n' + ",\n".join(self._rows(self._campaigns, _campaign)) + "\n],\n")
            file.write('"publisher_daily": [\n' + ",\n".join(self._rows(self._publishers, _publisher)) + "\n],\n")
            file.write(f'"lines": {json.dumps(lines)}}}\n')
        unfinished.replace(path)

    def _rows(self, totals: Any, named: Any) -> Iterator[str]:
        """Rows in the order of their dimensions' texts."""
        names = [named(cell) for cell in range(totals.shape[2])]
        order = np.array(sorted(range(len(names)), key=lambda cell: tuple(names[cell].values())))
        for day in range(totals.shape[1]):
            event_date = (self.first + timedelta(days=day)).isoformat()
            cells = order[totals[:3, day, order].any(axis=0)]
            for cell, (*counts, cost, revenue) in zip(cells.tolist(), totals[:, day, cells].T.tolist(), strict=True):
                row = json.dumps({"event_date": event_date} | names[cell] | dict(zip(METRICS, counts, strict=False)))
                yield f'{row[:-1]}, "cost": {_decimal(cost)}, "revenue": {_decimal(revenue)}}}'


def _campaign(cell: int) -> dict[str, str]:
    campaign, ad = divmod(cell, ADS)
    return {"campaign_id": f"c{campaign:03}", "ad_id": f"c{campaign:03}-a{ad:03}"}


def _publisher(cell: int) -> dict[str, str]:
    cell, device = divmod(cell, len(DEVICES))
    publisher, country = divmod(cell, len(COUNTRIES))
    return {"publisher_id": f"pub{publisher:03}", "country": COUNTRIES[country], "device": DEVICES[device]}


def _decimal(millionths: int) -> str:
    """Millionths as a JSON number with at least one and at most six decimals."""
    text = f"{millionths // 1_000_000}.{millionths % 1_000_000:06}".rstrip("0")
    return text + "0" if text.endswith(".") else text
