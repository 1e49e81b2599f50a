-- grain: one row of local Parquet files with one schema, as a JSON object; times are ISO 8601 in UTC
SELECT
    toUInt32(splitByChar('.', _file)[1]) AS drop_no,
    toUInt64(assumeNotNull(_row_number) + 1) AS line_number,
    formatRowNoNewline('JSONEachRow', *) AS line
FROM file({path:String}, 'Parquet')
