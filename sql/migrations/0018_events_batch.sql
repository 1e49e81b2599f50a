-- grain: as before. `batch` is the batch that wrote the row; empty for rows of earlier releases.
-- It is no part of an event. A replicated table leaves out an attached part whose content it was given before, even if those rows have
-- been deleted since: two batches must not write the same bytes.
-- Run again: no change.
ALTER TABLE events {{ on_cluster }} ADD COLUMN IF NOT EXISTS batch LowCardinality(String)
