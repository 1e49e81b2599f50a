-- Ends the statements of this and earlier writers
-- run again: no change
KILL QUERY
WHERE JSONExtractString(Settings['log_comment'], 'database') = {database:String}
    AND JSONExtractUInt(Settings['log_comment'], 'generation') BETWEEN 1 AND {generation:UInt64}
ASYNC
FORMAT Null
