-- grain: one record of local CSV files with one header, as a JSON object of strings; an empty cell is null
-- `surplus` takes the cells beyond the header: such a record is passed on as it is no object, and refused.
SELECT
    toUInt32(splitByChar('.', _file)[1]) AS drop_no,
    toUInt64(assumeNotNull(_row_number) + 1) AS line_number,
    if(isNull(surplus), formatRowNoNewline('JSONEachRow', * EXCEPT surplus), formatRowNoNewline('CSV', *)) AS line
FROM file({path:String}, 'CSV', {structure:String})
