-- Takes back what an insert into staging left that failed halfway.
ALTER TABLE {{ staging }} DROP PARTITION {chunk:String}
