INSERT INTO quarantine (drop, line_number, state, revision) VALUES ('events/given.ndjson', 77, 'held', 1)
