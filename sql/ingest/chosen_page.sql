-- grain: one drop to be loaded, the next so many of them
SELECT * FROM {{ chosen }} WHERE place > {after:UInt64} ORDER BY place LIMIT {limit:UInt64}
