-- Removes one day's partition. Run again: no change.
ALTER TABLE {{ target }} DROP PARTITION {day:String}
