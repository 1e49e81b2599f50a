-- grain: one dimension whose values have names, with the checksum of the file that they were read from
-- source: `lookups`
SELECT dimension, argMax(checksum, revision) AS checksum, empty(argMax(keys, revision)) AS is_empty FROM lookups GROUP BY dimension
