-- grain: one node of a cluster that answers: its place among the nodes, counted from 1, and the port of its HTTP interface
SELECT _shard_num AS place, getServerPort({interface:String}) AS port
FROM clusterAllReplicas({{ cluster }}, system.one)
SETTINGS skip_unavailable_shards = 1
