-- Takes out what an insert put aside (see stage_plain), when it has been judged.
-- run again: no change
ALTER TABLE {{ valid }} DELETE IN PARTITION '19700101' WHERE confirmed_line = {rest:UInt64}
