"""Events drawn by the block: columns of numbers, and how they read as lines.

Every column is an index into a small table of texts, so that a block becomes lines by a few joins of
whole columns.
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
    """Events as columns of equal length; all are indexes into tables, but `key` (what the id is made of), `day` (days since the first),
    `second` and `milli` (of the day), `quantity`, and `sign` (of the money: -1 for a refund).
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
    quantity: Numbers
    sign: Numbers

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: Numbers) -> "Block":
        """Some of the events."""
        return Block(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})

    def corrected(self) -> "Block":
        """The same events with other money, device and ad: what a correction says."""
        return replace(
            self, price=(self.price + 1 + self.key % (PRICES - 1)) % PRICES, device=(self.device + 1) % len(DEVICES), ad=(self.ad + 1) % ADS
        )


def _skewed(rng: np.random.Generator, size: int, count: int, power: float) -> Numbers:
    """Indexes below `count`, small ones far more often (a Zipf-like tail)."""
    return np.minimum((count + 1) ** (rng.random(size) ** power), count).astype(np.int64) - 1


def draw(
    rng: np.random.Generator, first_key: int, size: int, day: int, users: int, late: float, quantities: float = 0, refunds: float = 0
) -> Block:
    """Events that land on a day; the share `late` of them happened one to three days before.

    The shares `quantities` and `refunds` of them stand for 2 to 1,000 events, and take money back; all else is as without.
    """
    hours = rng.choice(24, size, p=RHYTHM / RHYTHM.sum())
    lag = np.where(rng.random(size) < late, rng.integers(1, 4, size), 0)
    key = np.arange(first_key, first_key + size, dtype=np.int64)
    return Block(
        key=key,
        day=np.maximum(day - lag, 0),
        second=np.sort(hours * 3600 + rng.integers(0, 3600, size)),
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
        quantity=np.where(_chosen(key, quantities, 11), 2 + (_mixed(key, 12) % np.uint64(999)).astype(np.int64), 1),
        sign=np.where(_chosen(key, refunds, 13), -1, 1),
    )


def _chosen(key: Numbers, share: float, salt: int) -> Any:
    """Which events belong to a share, by their keys: no random number is drawn, so that all else stays as it is."""
    return _mixed(key, salt) % np.uint64(1_000_000) < np.uint64(round(share * 1_000_000))


def micros(block: Block, column: str) -> Numbers:
    """`cost` or `revenue` of each event in millionths: impressions and clicks cost, conversions earn; refunds take it back."""
    step = block.sign * (block.price + 1)
    if column == "cost":
        return np.select([block.type == 0, block.type == 1], [step * 3 + block.sign * 97, step * 251], 0)
    return np.where(block.type == 2, step * 10_000, 0)


class Writer:
    """Blocks as lines of NDJSON, for events whose first day is `first`."""

    def __init__(self, seed: int, first: date, days: int) -> None:
        self.seed = seed
        self._days = pa.array([f"{first + timedelta(days=day)}T" for day in range(days)])
        self._seconds = pa.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}." for s in range(86400)])
        self._millis = pa.array([f"{milli:03}Z" for milli in range(1000)])

    def lines(self, block: Block) -> Any:
        """A pyarrow array of lines, each with its line feed."""
        parts = [
            '{"event_id":"', self.ids(block.key),
            '","event_time":"', *self._times(block),
            '","event_type":"', _texts(TYPES, block.type),
            '","campaign_id":"', _numbered("c", CAMPAIGNS, block.campaign),
            '","ad_id":"', _numbered("c", CAMPAIGNS, block.campaign), _numbered("-a", ADS, block.ad),
            '","publisher_id":"', _numbered("pub", PUBLISHERS, block.publisher),
            '","user_id":"u', _hex(_mixed(block.user, self.seed ^ 7)),
            '","country":"', _texts(COUNTRIES, block.country),
            '","device":"', _texts(DEVICES, block.device),
            '"', _quantities(block.quantity), ',"cost":', _money(micros(block, "cost")),
            ',"revenue":', _money(micros(block, "revenue")),
            ',"attributes":{"os":"', _texts(SYSTEMS, block.system),
            '"}}\n',
        ]  # fmt: skip
        return pc.binary_join_element_wise(*(pa.scalar(part) if isinstance(part, str) else part for part in parts), "")

    def _times(self, block: Block) -> tuple[Any, Any, Any]:
        return (
            self._days.take(pa.array(block.day)),
            self._seconds.take(pa.array(block.second)),
            self._millis.take(pa.array(block.milli)),
        )

    def ids(self, key: Numbers) -> Any:
        """Unique ids of 32 hexadecimal digits."""
        first, second = _hex(_mixed(key, self.seed)), _hex(_mixed(key, self.seed + 1))
        return pc.binary_join_element_wise(first, second, "")


def _texts(table: list[str], index: Numbers) -> Any:
    return pa.array(table, pa.string()).take(pa.array(index, pa.int64()))


def _numbered(prefix: str, count: int, index: Numbers) -> Any:
    return _texts([f"{prefix}{number:03}" for number in range(count)], index)


def _money(amount: Numbers) -> Any:
    values, index = np.unique(amount, return_inverse=True)
    texts = [
        f"{'-' * (value < 0)}{abs(value) // 1_000_000}.{abs(value) % 1_000_000:06}".rstrip("0").rstrip(".") for value in values.tolist()
    ]
    return _texts(texts, index.astype(np.int64))


def _quantities(quantity: Numbers) -> Any:
    values, index = np.unique(quantity, return_inverse=True)
    return _texts([f',"quantity":{value}' if value > 1 else "" for value in values.tolist()], index.astype(np.int64))


def _mixed(key: Numbers, salt: int) -> Any:
    """SplitMix64: one 64-bit number a key, each key another (public domain, S. Vigna)."""
    with np.errstate(over="ignore"):
        x = key.astype(np.uint64) + np.uint64((salt * 0x9E3779B97F4A7C15) % 2**64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


_DIGITS = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), dtype=np.uint8).reshape(256, 2)


def _hex(numbers: Any) -> Any:
    """Each 64-bit number as 16 hexadecimal digits."""
    size = len(numbers)
    data = _DIGITS[numbers.astype(">u8").view(np.uint8)].reshape(-1)
    offsets = np.arange(0, 16 * size + 1, 16, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), size, [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))])
