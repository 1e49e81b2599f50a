-- grain: one line of the local files named by number: 0000007.ndjson.gz is the drop with drop_no 7
SELECT
    toUInt32(splitByChar('.', _file)[1]) AS drop_no,
    toUInt64(assumeNotNull(_row_number) + 1) AS line_number,
    line
FROM file({path:String}, 'LineAsString', 'line String')
