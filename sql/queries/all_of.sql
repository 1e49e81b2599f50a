SELECT * FROM {{ table }}
