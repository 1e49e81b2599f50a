-- Raw rows are kept for ever.
ALTER TABLE events {{ on_cluster }} REMOVE TTL
