-- Swaps one day's partition for the one of another table of the same shape
-- run again: the same result
ALTER TABLE {{ target }} REPLACE PARTITION {day:String} FROM {{ source }}
