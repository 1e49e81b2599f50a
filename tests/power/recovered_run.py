"""What somebody does after the power went, and nothing else: `recovered_run.py HOME` ingests, and prints what the database then says."""

import pickle
import sys

from ads_pipeline.landing import open_store
from ads_pipeline.pipeline.ingest import ingest
from ads_pipeline.pipeline.quality import all_checks, run_check
from ads_pipeline.pipeline.run import begin_run
from ads_pipeline.settings import load_settings
from ads_pipeline.warehouse.opening import open_warehouse
from tests.engine.test_exactness import ledger, raw_rows, rollup_rows

settings = load_settings(home=sys.argv[1])
with open_warehouse(settings, write=True) as warehouse:
    ingest(begin_run(warehouse, settings), open_store(settings))
    failing = [check.full_name for check in all_checks(settings) if not run_check(warehouse, settings, check).passed]
    found = {"rollup": rollup_rows(warehouse), "raw": raw_rows(warehouse), "ledger": ledger(warehouse), "failing": failing}
sys.stdout.buffer.write(pickle.dumps(found))
