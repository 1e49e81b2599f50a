-- Raw rows are kept for ever.
ALTER TABLE events REMOVE TTL
