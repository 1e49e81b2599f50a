"""Loading what lands as it lands, in a process that keeps running."""

import time
from collections.abc import Iterator

from ads_pipeline.landing import Survey, open_store
from ads_pipeline.pipeline.ingest import Report, ingest
from ads_pipeline.pipeline.ledger import asked_for
from ads_pipeline.pipeline.run import open_run
from ads_pipeline.settings import Settings

PAUSE = 0.5
"""Seconds between two looks at the landing store."""

AGAIN, EVER = 60.0, 3600.0
"""Seconds until an ingest after one that left drops out, and after any other: what an engine has lost is found by an ingest."""


def watch(settings: Settings, *, source: str | None = None) -> Iterator[Report]:
    """Load what has landed, then what lands, for ever; a report of each ingest. The engine is open while it loads only.

    Args:
        source: only drops of this source.
    """
    survey, store = Survey(settings.look_back), open_store(settings)
    seen, due = ("", ""), 0.0
    while True:
        survey.look(store)
        now = (survey.mark, asked_for(settings))
        if now == seen and time.monotonic() < due:
            time.sleep(PAUSE)
            continue
        with open_run(settings) as run:
            report = ingest(run, store, source=source)
        seen, due = now, time.monotonic() + (AGAIN if report.failed_drops else EVER)
        yield report
