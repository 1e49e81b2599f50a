-- Takes the lines of erased people out of the staging table, of one shard.
-- run again: no change
ALTER TABLE {{ staging }} DELETE WHERE (drop_no, line_number) IN (SELECT drop_no, line_number FROM {{ erased }})
