-- grain: one record of a CSV drop that is sent as the body of the insert; see lines_csv
SELECT
    {drop_no:UInt32} AS drop_no,
    rowNumberInAllBlocks() + 1 AS line_number,
    if(isNull(surplus), formatRowNoNewline('JSONEachRow', * EXCEPT surplus), formatRowNoNewline('CSV', *)) AS line
FROM input({structure:String})
