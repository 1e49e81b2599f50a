-- grain: one drop, its present state
SELECT drop, source, landed_day, landed_at, tie, etag, size, status, batch, lines, accepted, duplicates, corrections, quarantined, error, updated_at
FROM drops FINAL
ORDER BY landed_day, landed_at, tie
