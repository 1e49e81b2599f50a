-- grain: one node of a cluster that answers: its place among the nodes, counted from 1, and how many of them it takes for itself
SELECT _shard_num AS place, countIf(is_local) AS own
FROM clusterAllReplicas({{ cluster }}, system.clusters)
WHERE cluster = {cluster:String}
GROUP BY place
ORDER BY place
SETTINGS skip_unavailable_shards = 1
