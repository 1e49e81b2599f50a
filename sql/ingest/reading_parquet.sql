    date_time_output_format = 'iso',
    output_format_json_quote_64bit_integers = 0,
    output_format_json_quote_decimals = 0
