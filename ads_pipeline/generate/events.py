"""Events drawn by the block: columns of numbers, and how they read as lines.

Every column is an index into a table of texts. The tables are made once, and hold whole stretches of a line, so
that a block becomes lines by a dozen look-ups and one join of columns.
"""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

CAMPAIGNS, ADS, PUBLISHERS, PRICES = 200, 20, 50, 4096
TYPES = ["impression", "click", "conversion"]
COUNTRIES = ["US", "DE", "GB", "FR", "IN", "BR", "JP", "CA", "ES", "IT", "NL", "SE", "PL", "MX", "AU", "TR", "KR", "ID", "ZA", "AR"]
DEVICES = ["mobile", "desktop", "ctv", "tablet", "other"]
SYSTEMS = ["ios", "android", "windows", "macos", "tizen"]

# Traffic of each hour of the day, as a share of the peak.
RHYTHM = np.array([3, 2, 2, 1, 1, 2, 3, 5, 6, 6, 7, 7, 8, 8, 7, 7, 8, 9, 10, 10, 10, 9, 7, 5]) / 10

Numbers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Block:
    """Events as columns of equal length; all are indexes into tables, but `key` (what the id is made of),
    `day` (days since the first) and `second` and `milli` (of the day).
    """

    key: Numbers
    day: Numbers
    second: Numbers
    milli: Numbers
    type: Numbers
    campaign: Numbers
    ad: Numbers
    publisher: Numbers
    user: Numbers
    country: Numbers
    device: Numbers
    system: Numbers
    price: Numbers

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: Numbers) -> "Block":
        """Some of the events."""
        return Block(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})

    def corrected(self) -> "Block":
        """The same events with other money, device and ad: what a correction says. A correction of it differs from both."""
        return replace(
            self, price=(self.price + 1 + self.key % (PRICES - 1)) % PRICES, device=(self.device + 1) % len(DEVICES), ad=(self.ad + 1) % ADS
        )


def _skewed(rng: np.random.Generator, size: int, count: int, power: float) -> Numbers:
    """Indexes below `count`, small ones far more often (a Zipf-like tail)."""
    return np.minimum((count + 1) ** (rng.random(size) ** power), count).astype(np.int64) - 1


def draw(rng: np.random.Generator, first_key: int, size: int, days: tuple[int, int], users: int, late: int) -> Block:
    """Events of the days from the first to the last of `days`, in order of time; `late` of them, chosen at
    random, happened one to three days before the first.
    """
    first, last = days
    hours = rng.choice(24, size, p=RHYTHM / RHYTHM.sum())
    moment = np.sort(rng.integers(first, last + 1, size) * 86_400 + hours * 3600 + rng.integers(0, 3600, size))
    if late:
        delayed = rng.choice(size, late, replace=False)
        moment[delayed] = moment[delayed] % 86_400 + 86_400 * (first - rng.integers(1, min(3, first) + 1, late))
    return Block(
        key=np.arange(first_key, first_key + size, dtype=np.int64),
        day=moment // 86_400,
        second=moment % 86_400,
        milli=rng.integers(0, 1000, size),
        type=rng.choice(3, size, p=[0.95, 0.04, 0.01]),
        campaign=_skewed(rng, size, CAMPAIGNS, 1.0),
        ad=_skewed(rng, size, ADS, 1.0),
        publisher=_skewed(rng, size, PUBLISHERS, 1.0),
        user=_skewed(rng, size, users, 0.7),
        country=_skewed(rng, size, len(COUNTRIES), 1.2),
        device=_skewed(rng, size, len(DEVICES), 1.2),
        system=rng.integers(0, len(SYSTEMS), size),
        price=rng.integers(0, PRICES, size),
    )


def money(kind: Numbers, price: Numbers) -> tuple[Numbers, Numbers]:
    """Cost and revenue of events in millionths, from type and price: impressions and clicks cost, conversions earn."""
    step = price + 1
    return np.select([kind == 0, kind == 1], [step * 3 + 97, step * 251], 0), np.where(kind == 2, step * 10_000, 0)


class Writer:
    """Blocks as lines of NDJSON, for `days` event days from `first` on."""

    def __init__(self, seed: int, first: date, days: int) -> None:
        self.seed = seed
        self._days = pa.array([f'","event_time":"{first + timedelta(days=day)}T' for day in range(days)])
        self._seconds = pa.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}." for s in range(86_400)])
        self._millis = pa.array([f"{milli:03}Z" for milli in range(1000)])
        self._ads = pa.array(
            f'","event_type":"{kind}","campaign_id":"c{campaign:03}","ad_id":"c{campaign:03}-a{ad:03}'
            for kind in TYPES for campaign in range(CAMPAIGNS) for ad in range(ADS)
        )  # fmt: skip
        self._publishers = pa.array(f'","publisher_id":"pub{publisher:03}","user_id":"u' for publisher in range(PUBLISHERS))
        self._places = pa.array(f'","country":"{country}","device":"{device}","cost":' for country in COUNTRIES for device in DEVICES)
        costs, revenues = money(np.repeat(np.arange(len(TYPES)), PRICES), np.tile(np.arange(PRICES), len(TYPES)))
        self._money = pa.array(
            f'{_amount(cost)},"revenue":{_amount(revenue)},"attributes":{{"os":"'
            for cost, revenue in zip(costs.tolist(), revenues.tolist(), strict=True)
        )
        self._systems = pa.array(f'{system}"}}}}\n' for system in SYSTEMS)

    def lines(self, block: Block) -> Any:
        """A pyarrow array of lines, each with its line feed."""
        parts = (
            (self._days, block.day),
            (self._seconds, block.second),
            (self._millis, block.milli),
            (self._ads, (block.type * CAMPAIGNS + block.campaign) * ADS + block.ad),
            (self._publishers, block.publisher),
            (_hex(_mixed(block.user, self.seed ^ 7)), None),
            (self._places, block.country * len(DEVICES) + block.device),
            (self._money, block.type * PRICES + block.price),
            (self._systems, block.system),
        )
        columns = [table if index is None else table.take(pa.array(index)) for table, index in parts]
        return pc.binary_join_element_wise(pa.scalar('{"event_id":"'), self.ids(block.key), *columns, "")

    def ids(self, key: Numbers) -> Any:
        """Unique ids of 32 hexadecimal digits."""
        return _hex(_mixed(key, self.seed), _mixed(key, self.seed + 1))


def _amount(millionths: int) -> str:
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06}".rstrip("0").rstrip(".")


def _mixed(key: Numbers, salt: int) -> Any:
    """SplitMix64: one 64-bit number a key, each key another (public domain, S. Vigna)."""
    with np.errstate(over="ignore"):
        x = key.astype(np.uint64) + np.uint64((salt * 0x9E3779B97F4A7C15) % 2**64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


_DIGITS = np.frombuffer(b"".join(b"%04x" % number for number in range(1 << 16)), dtype=np.uint32)
"""The four hexadecimal digits of every 16-bit number, as they stand in memory."""


def _hex(*numbers: Any) -> Any:
    """Each 64-bit number as 16 hexadecimal digits, those of several columns after one another."""
    size, width = len(numbers[0]), 16 * len(numbers)
    data = _DIGITS.take(np.stack(numbers, axis=1).astype(">u8").view(">u2").astype(np.intp))
    offsets = np.arange(0, width * size + 1, width, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), size, [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))])
