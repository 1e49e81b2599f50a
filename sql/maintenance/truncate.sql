-- Empties a scratch table. Run again: no change.
TRUNCATE TABLE {{ table }}
