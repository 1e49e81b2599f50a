-- Raw rows are kept for ever.
-- run again: an error where there is no TTL; the table is looked at first
ALTER TABLE events {{ on_cluster }} REMOVE TTL
