"""An ingest that prints, as JSON, when each step of a batch began: `python -m benchmarks.step_marks`."""

import json
import resource
import sys
import time

STARTED = time.perf_counter()


def spent() -> tuple[float, float]:
    """Wall and CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter() - STARTED, used.ru_utime + used.ru_stime


def main() -> None:
    """Load what has landed in the home of the settings."""
    from ads_pipeline.landing import open_store  # imports count for the start
    from ads_pipeline.pipeline.ingest import Progress, ingest
    from ads_pipeline.pipeline.run import open_run
    from ads_pipeline.settings import load_settings

    marks = []

    class Marks(Progress):
        def step(self, name: str) -> None:
            marks.append((name or "end", *spent()))

    settings = load_settings()
    with open_run(settings) as run:
        ingest(run, open_store(settings), progress=Marks())
    json.dump([*marks, ("", *spent())], sys.stdout)


if __name__ == "__main__":
    main()
