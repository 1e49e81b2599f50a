-- Empties a scratch table
-- run again: no change
TRUNCATE TABLE {{ table }}
