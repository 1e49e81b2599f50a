-- Gives a table without partitions the content of another one of the same shape
-- run again: the same result
ALTER TABLE {{ target }} REPLACE PARTITION tuple() FROM {{ source }}
