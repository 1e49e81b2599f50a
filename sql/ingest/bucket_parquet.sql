-- grain: one row of a Parquet object of the landing bucket, which the server reads itself, by a named collection; see lines_parquet
SELECT
    {drop_no:UInt32} AS drop_no,
    rowNumberInAllBlocks() + 1 + throwIf({etag:String} != '' AND _etag != {etag:String}, 'the named collection has another object of this name')
        AS line_number,
    formatRowNoNewline('JSONEachRow', *) AS line
FROM s3({{ collection }}, filename = {key:String}, format = 'Parquet', compression_method = {compression:String})
