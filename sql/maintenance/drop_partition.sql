-- Removes one day's partition
-- run again: no change
ALTER TABLE {{ target }} DROP PARTITION {day:String}
