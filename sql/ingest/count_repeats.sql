-- grain: one row: how many valid records of a slice of keys repeat the key of another record
SELECT count() - uniqExact(key) FROM {{ staging }} WHERE empty(reasons) AND key % {slices:UInt64} = {slice:UInt64}
