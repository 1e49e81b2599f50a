"""A draft of a source, from a look at the first lines of a file.

`heads` looks at the file, `names` has what exports call things, `guesses` decides which column is which field of the contract and how
its values are read, `draft` writes the SQL from a template. Only the head of a file is looked at: what is loaded is read by the engine.
"""

from ads_pipeline.pipeline.drafts.columns import name_of
from ads_pipeline.pipeline.drafts.draft import Draft, draft_source
from ads_pipeline.pipeline.drafts.heads import Head

__all__ = ["Draft", "Head", "draft_source", "name_of"]
