"""The bytes of drops become rows of the batch's tables: parsed once, judged by the contract, unreadable drops set aside.

`drops` chooses the way in, by what the engine can read: `files` where it reads this machine's files in place (chDB), `bodies` where
the bytes are sent (a server), `bucket` where a server fetches a large drop itself. `table` is what all of them write to.
"""

from ads_pipeline.pipeline.staging.drops import stage_drops
from ads_pipeline.pipeline.staging.files import first_lines
from ads_pipeline.pipeline.staging.items import Item
from ads_pipeline.pipeline.staging.table import RECORDS, Staging

__all__ = ["RECORDS", "Item", "Staging", "first_lines", "stage_drops"]
