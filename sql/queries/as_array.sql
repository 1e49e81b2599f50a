-- JSON objects as one array, one a line
, output_format_json_array_of_rows = 1
