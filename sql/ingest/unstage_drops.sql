-- Takes back drops that changed while they were read.
-- run again: no change
ALTER TABLE {{ staging }} DELETE WHERE drop_no IN {drops:Array(UInt32)}
