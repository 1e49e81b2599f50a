-- grain: a key that stands more than once among the batch's valid records, for a slice of keys
-- source: the lines staged
-- run again: a key that stands twice says no more than one that stands once
INSERT INTO {{ repeats }}
SELECT key FROM {{ staging }} WHERE empty(reasons) AND key % {slices:UInt64} = {slice:UInt64} GROUP BY key HAVING count() > 1
