-- grain: one value of a dimension that has a name
-- source: `lookups`, the file that was read last of each dimension
-- table: everywhere
-- Run again: no change.
CREATE OR REPLACE VIEW lookup_names {{ on_cluster }} AS
SELECT dimension, key, name
FROM
(
    SELECT dimension, argMax(keys, revision) AS held, argMax(names, revision) AS named
    FROM lookups
    GROUP BY dimension
)
ARRAY JOIN held AS key, named AS name
