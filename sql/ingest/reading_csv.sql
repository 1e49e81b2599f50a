    input_format_csv_skip_first_lines = 1,
    input_format_csv_allow_variable_number_of_columns = 1,
    input_format_csv_detect_header = 0,
    format_csv_null_representation = ''
