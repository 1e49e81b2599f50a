input_format_parallel_parsing = 1, s3_retry_attempts = 10, parallelize_output_from_storages = 0
