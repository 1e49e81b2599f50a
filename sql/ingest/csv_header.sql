-- grain: one column of a CSV file's header
DESCRIBE TABLE file({path:String}, 'CSVWithNames')
SETTINGS
    input_format_csv_use_best_effort_in_schema_inference = 0,
    input_format_csv_allow_variable_number_of_columns = 1,
    input_format_csv_detect_header = 0
