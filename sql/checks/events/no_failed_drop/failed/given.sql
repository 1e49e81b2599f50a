INSERT INTO drops (drop, status, error, revision) VALUES ('x.ndjson', 'failed', 'truncated', 1)
