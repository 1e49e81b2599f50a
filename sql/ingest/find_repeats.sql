-- grain: a key that stands more than once among the batch's valid lines, for a slice of keys
INSERT INTO {{ repeats }}
SELECT key FROM {{ staging }} WHERE empty(reasons) AND key % {slices:UInt64} = {slice:UInt64} GROUP BY key HAVING count() > 1
