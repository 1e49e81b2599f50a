"""A platform's own totals beside a rollup: what differs, by day and key, and why.

`columns` says which column of the file is what, `tolerance` what may differ, `report_file` reads the file, `comparison` puts the two
side by side.
"""

from ads_pipeline.pipeline.reconcile.comparison import reconcile
from ads_pipeline.pipeline.reconcile.result import Difference, Reconciliation, Total
from ads_pipeline.pipeline.reconcile.tolerance import Tolerances, parse_tolerances

__all__ = ["Difference", "Reconciliation", "Tolerances", "Total", "parse_tolerances", "reconcile"]
