{# Settings under which the lines of a format are read, by each way in. #}
{% if ndjson and files %}
    input_format_parallel_parsing = 0, -- one thread that cuts lines is quicker than several that copy them
    input_format_max_block_size_bytes = 4194304
{% elif ndjson and short %}
    input_format_parallel_parsing = 0, -- one thread that cuts lines is quicker than several that copy them
    max_block_size = 8192, max_insert_block_size = 8192 -- which fit in the caches
{% elif ndjson %}
    input_format_parallel_parsing = 1,
    min_chunk_bytes_for_parallel_parsing = 4194304 -- pieces that fit in the caches: a tenth less time than with the default of 10 MB
{% elif csv %}
    input_format_csv_skip_first_lines = {{ header }},
    format_csv_delimiter = '\x{{ delimiter }}',
    format_csv_allow_double_quotes = {{ double }},
    format_csv_allow_single_quotes = {{ single }},
    input_format_csv_allow_variable_number_of_columns = 1,
    input_format_csv_detect_header = 0,
    input_format_csv_empty_as_default = 0,
    format_csv_null_representation = '\0'
{% if spaces %}
    , input_format_csv_allow_whitespace_or_tab_as_delimiter = 1, input_format_csv_trim_whitespaces = 0
{% endif %}
{% else %}
    date_time_output_format = 'iso',
    output_format_json_quote_64bit_integers = 0,
    output_format_json_quote_decimals = 1,
    output_format_json_quote_denormals = 1
{% endif %}
{% if avro %}
    , allow_experimental_variant_type = 1,
    allow_suspicious_variant_types = 1
{% endif %}
{% if one_stream and parquet %}
    , input_format_parquet_preserve_order = 1
{% endif %}
{% if one_stream %}
    , parallelize_output_from_storages = 0
{% endif %}
{% if bucket %}
    , s3_retry_attempts = 10
{% endif %}
{% if wide %}
    , max_block_size = 4096, max_insert_block_size = 4096
{% endif %}
