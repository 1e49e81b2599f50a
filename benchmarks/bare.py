"""The bare insert as a process of its own: `python -m benchmarks.bare FILE`, into the database of ADS_HOME."""

import sys
from pathlib import Path

from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from ads_pipeline.warehouse.statements import Sql


def main() -> None:
    """Insert one file of valid events, without looking at any of them."""
    with open_warehouse(load_settings()) as warehouse:
        warehouse.run(Sql(Path(__file__).with_name("bare_insert.sql").read_text()), path=sys.argv[1])


if __name__ == "__main__":
    main()
