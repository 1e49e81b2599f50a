-- Empties a table without partitions, where it has one that others may read
-- run again: no change
ALTER TABLE {{ target }} DROP PARTITION tuple()
