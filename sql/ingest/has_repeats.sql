-- grain: one row: 1 when the batch needs the careful path
SELECT count() > 0 FROM (SELECT 1 FROM {{ repeats }} LIMIT 1)
