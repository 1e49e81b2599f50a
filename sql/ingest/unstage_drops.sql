-- Takes drops out of a table of the batch's records: they changed while they were read, or an insert failed halfway; {{ drop_column }} says there in
-- which drop a record stands.
-- run again: no change
ALTER TABLE {{ table }} DELETE WHERE {{ drop_column }} IN (SELECT {{ drop_column }} FROM {{ batch }} WHERE drop_no IN {drops:Array(UInt32)})
