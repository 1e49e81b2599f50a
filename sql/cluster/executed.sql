-- grain: one node: what became there of the newest statement ON CLUSTER that it had some time for
SELECT
    host,
    port,
    argMax(status, entry) = 'Finished' AS finished,
    argMax(exception_text, entry) AS error,
    max(query_create_time) AS since
FROM system.distributed_ddl_queue
WHERE cluster = {cluster:String} AND query_create_time < now() - {seconds:UInt32}
GROUP BY host, port
