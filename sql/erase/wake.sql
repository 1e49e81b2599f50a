-- Makes the engine look for parts that it may remove: it does whenever any part is dropped, even of a partition that is not there
-- run again: no change
ALTER TABLE {{ table }} DROP PARTITION ID 'none'
