-- grain: one row: how many statements of this and earlier writers the server is still running
SELECT count()
FROM system.processes
WHERE JSONExtractString(Settings['log_comment'], 'database') = {database:String}
    AND JSONExtractUInt(Settings['log_comment'], 'generation') BETWEEN 1 AND {generation:UInt64}
