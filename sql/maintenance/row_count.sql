-- grain: one row: how many rows the table has
SELECT count() FROM {{ table }}
