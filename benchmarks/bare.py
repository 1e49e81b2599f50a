"""The bare insert as a process of its own, into the database that the settings name.

`python -m benchmarks.bare file PATH`, or `python -m benchmarks.bare bucket URL KEY SECRET` on a server; the first argument `expert`
puts the settings of `expert.sql` behind the insert.
"""

import sys
from pathlib import Path

from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql

PARAMETERS = {"file": ("path",), "bucket": ("url", "key", "secret")}


def main() -> None:
    """Insert one file of valid events, without looking at any of them."""
    is_expert = sys.argv[1] == "expert"
    kind, *values = sys.argv[1 + is_expert :]
    files = [f"bare_{kind}.sql", *(["expert.sql"] if is_expert else [])]
    sql = Sql("\n".join(Path(__file__).with_name(file).read_text() for file in files))
    settings = load_settings()
    with open_warehouse(settings, write=settings.is_embedded) as warehouse:
        warehouse.run(sql, **dict(zip(PARAMETERS[kind], values, strict=True)))


if __name__ == "__main__":
    main()
