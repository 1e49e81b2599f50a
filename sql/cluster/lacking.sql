-- grain: one row: how many parts the node lacks that a replica which is alive could give it
SELECT count() AS parts
FROM system.replication_queue
WHERE database = {database:String} AND table = {table:String} AND has({alive:Array(String)}, source_replica)
