-- grain: one status of drops
SELECT toString(status) AS status, count() AS drops, sum(size) AS bytes, sum(lines) AS lines FROM drops FINAL GROUP BY status ORDER BY status
