"""Loading a file of events as people do with libraries, a process for each: `python loaders.py WAY DSN DATABASE PATH`.

The rows go into the table `events` of `ads init`, so that the same rollups are computed; dlt makes a table of its own, and no rollup.
It runs in the environment of `loaders.txt`, and imports nothing of the pipeline. No way but dlt's finds duplicates.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

TEXTS = ("event_type", "campaign_id", "ad_id", "publisher_id", "user_id", "country", "device")
WRITTEN = ["event_id", "event_time", *TEXTS, "cost", "revenue", "attributes", "event_date", "drop", "line_number", "origin", "version"]
LINEAGE = ["bare", 0, "bare", 1]
ROWS = 100_000


def lines(path: str) -> Iterator[str]:
    """The lines of the file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from file


def connect(dsn: str, database: str) -> Any:
    """A client of clickhouse-connect."""
    import clickhouse_connect

    at = urlsplit(dsn)
    user, password = unquote(at.username or ""), unquote(at.password or "")
    return clickhouse_connect.get_client(host=at.hostname, port=at.port, username=user, password=password, database=database)


def with_pandas(dsn: str, database: str, path: str) -> None:
    """`pandas.read_json`, then `insert_df` of clickhouse-connect."""
    import pandas as pd

    client = connect(dsn, database)
    for frame in pd.read_json(path, lines=True, chunksize=ROWS, dtype={"campaign_id": str, "ad_id": str}):
        frame["event_time"] = pd.to_datetime(frame["event_time"], utc=True)
        frame["event_date"] = frame["event_time"].dt.date
        frame["drop"], frame["line_number"], frame["origin"], frame["version"] = LINEAGE
        client.insert_df("events", frame[WRITTEN])


def with_pydantic(dsn: str, database: str, path: str) -> None:
    """A pydantic model for each line, then `insert` of clickhouse-connect."""
    from pydantic import BaseModel

    class Event(BaseModel):
        event_id: str
        event_time: datetime
        event_type: str
        campaign_id: str
        ad_id: str = ""
        publisher_id: str = ""
        user_id: str = ""
        country: str = ""
        device: str = ""
        cost: Decimal = Decimal(0)
        revenue: Decimal = Decimal(0)
        attributes: dict[str, str] = {}

    client, found = connect(dsn, database), lines(path)
    while page := list(islice(found, ROWS)):
        events = [Event.model_validate_json(line) for line in page]
        client.insert("events", [[*dict(event).values(), event.event_time.date(), *LINEAGE] for event in events], column_names=WRITTEN)


def with_driver(dsn: str, database: str, path: str) -> None:
    """`json.loads` of each line, then an insert by clickhouse-driver in the native protocol; the DSN's port is the native one."""
    from clickhouse_driver import Client

    def row(line: str) -> list[Any]:
        event = json.loads(line)
        time = datetime.fromisoformat(event["event_time"])
        numbers = (Decimal(str(event["cost"])), Decimal(str(event["revenue"])))
        return [event["event_id"], time, *(event[name] for name in TEXTS), *numbers, event["attributes"], time.date(), *LINEAGE]

    at = urlsplit(dsn)
    client = Client(at.hostname, at.port, database, unquote(at.username or ""), unquote(at.password or ""))
    found = lines(path)
    while page := list(islice(found, ROWS)):
        client.execute(f"INSERT INTO events ({', '.join(WRITTEN)}) VALUES", [row(line) for line in page])


def with_dlt(dsn: str, database: str, path: str, native: str) -> None:
    """A dlt pipeline with the write disposition `merge` and the event's id as the primary key, which finds duplicates."""
    import dlt

    at = urlsplit(dsn)

    @dlt.resource(name="events", write_disposition="merge", primary_key="event_id", columns={"attributes": {"data_type": "json"}})
    def events() -> Iterator[list[dict[str, Any]]]:
        found = lines(path)
        while page := list(islice(found, ROWS)):
            yield [json.loads(line) for line in page]

    credentials = {
        "host": at.hostname,
        "port": int(native),
        "http_port": at.port,
        "username": unquote(at.username or ""),
        "password": unquote(at.password or ""),
        "database": database,
        "secure": 0,
    }
    loader = dlt.pipeline(pipeline_name=f"bench_{database}", destination=dlt.destinations.clickhouse(credentials), dataset_name="dlt")
    loader.run(events())


if __name__ == "__main__":
    {"pandas": with_pandas, "pydantic": with_pydantic, "driver": with_driver, "dlt": with_dlt}[sys.argv[1]](*sys.argv[2:])
