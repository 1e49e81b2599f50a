-- grain: one record of local CSV files with one header, as a JSON object of strings; an empty cell is null
-- `surplus` takes the cells beyond the header: such a record is passed on as it is no object, and refused.
SELECT
    toUInt32(splitByChar('.', _file)[1]) AS drop_no,
    toUInt64(assumeNotNull(_row_number) + 1) AS line_number,
    if(isNull(surplus), trimRight(formatRow('JSONEachRow', * EXCEPT surplus), '\n'), trimRight(formatRow('CSV', *), '\n')) AS line
FROM file({path:String}, 'CSV', {structure:String})
SETTINGS
    input_format_csv_skip_first_lines = 1,
    input_format_csv_allow_variable_number_of_columns = 1,
    input_format_csv_detect_header = 0,
    format_csv_null_representation = ''
