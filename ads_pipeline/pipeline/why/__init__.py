"""A rollup's cell taken apart: the drops and lines that it is made of, and what was left out of it.

The rollup's own SELECT runs over the day's rows with the marks of a record in place of the day (`cell`), so that each part is what the
rollup itself makes of these records, whatever its metrics are. `answer` puts the parts together, `refused` looks into quarantine.
"""

from ads_pipeline.pipeline.why.answer import why
from ads_pipeline.pipeline.why.refused import UNREAD
from ads_pipeline.pipeline.why.result import Why, as_dict

__all__ = ["UNREAD", "Why", "as_dict", "why"]
