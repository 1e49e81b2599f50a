input_format_parallel_parsing = 1, s3_retry_attempts = 10
