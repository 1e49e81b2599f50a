INSERT INTO drops SELECT * REPLACE (landed_at - INTERVAL 3 DAY AS landed_at, revision + 1 AS revision) FROM drops FINAL
