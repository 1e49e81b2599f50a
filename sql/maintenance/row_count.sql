SELECT count() FROM {{ table }}
