-- grain: a key that stands more than once among the batch's valid records, for a slice of keys
-- source: the valid records
-- run again: a key that stands twice says no more than one that stands once
INSERT INTO {{ repeats }}
SELECT {{ identity_key }} AS key FROM {{ valid }} WHERE key % {slices:UInt64} = {slice:UInt64} GROUP BY key HAVING count() > 1
