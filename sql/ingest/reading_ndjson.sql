input_format_parallel_parsing = 1
