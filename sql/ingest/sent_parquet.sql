-- grain: one row of a Parquet drop that is sent, as an Arrow stream, as the body of the insert; see lines_parquet
SELECT {drop_no:UInt32} AS drop_no, rowNumberInAllBlocks() + 1 AS line_number, formatRowNoNewline('JSONEachRow', *) AS line
FROM input({structure:String})
