-- grain: one row: how many drops are to be loaded, and their bytes
SELECT count() AS drops, sum(size) AS bytes FROM {{ chosen }}
