-- grain: one row: the drops of some landed days that the ledger has and the landing store has no more, and one of them
SELECT count() AS drops, any(drop) AS one
FROM drops FINAL
WHERE landed_day BETWEEN {first:Date} AND {last:Date} AND drop NOT IN (SELECT name FROM {{ listing }})
