-- grain: one drop: what tells whether it is to be loaded, and its place in the order of receipt
SELECT drop, etag, status, landed_day, landed_at, tie FROM drops FINAL
