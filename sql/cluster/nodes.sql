-- grain: one node of a cluster, in the order of its shards and replicas, which is the order that `ports` counts them in
SELECT shard_num AS shard, replica_num AS replica, host_name AS host, port, internal_replication
FROM system.clusters
WHERE cluster = {cluster:String}
ORDER BY shard_num, replica_num
