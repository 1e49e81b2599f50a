TRUNCATE TABLE {{ table }}
