-- grain: that of the table
SELECT * FROM {{ table }}
