-- grain: as before. `confirmed_by` is the drop that brought this content last; `version` is its position in the order of receipt.
-- Run again: no change.
ALTER TABLE events {{ on_cluster }} ADD COLUMN IF NOT EXISTS confirmed_by LowCardinality(String) DEFAULT drop
