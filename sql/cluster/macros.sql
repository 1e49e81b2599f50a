-- grain: one node of a cluster that answers and has macros: its place among the nodes, counted from 1
SELECT _shard_num AS place, anyIf(substitution, macro = 'shard') AS shard, anyIf(substitution, macro = 'replica') AS replica
FROM clusterAllReplicas({{ cluster }}, system.macros)
GROUP BY place
ORDER BY place
SETTINGS skip_unavailable_shards = 1
