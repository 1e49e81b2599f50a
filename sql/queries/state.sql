-- grain: one fact about the database
SELECT key, value FROM state FINAL WHERE value != ''
