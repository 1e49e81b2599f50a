    date_time_output_format = 'iso',
    output_format_json_quote_64bit_integers = 0,
    output_format_json_quote_decimals = 0,
    input_format_parquet_preserve_order = 1,
    s3_retry_attempts = 10,
    parallelize_output_from_storages = 0
