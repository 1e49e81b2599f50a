-- grain: one row: how many valid lines of a slice of keys repeat the key of another line
SELECT count() - uniqExact(key) FROM {{ staging }} WHERE empty(reasons) AND key % {slices:UInt64} = {slice:UInt64}
