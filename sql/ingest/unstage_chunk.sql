-- Takes back what an insert into staging left that failed halfway.
-- run again: no change
ALTER TABLE {{ staging }} DROP PARTITION {chunk:String}
