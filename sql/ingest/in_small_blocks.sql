{# Settings under which lines are read of which each may be many records: what is held at a time follows the records. #}
{{ reading }}, min_chunk_bytes_for_parallel_parsing = 1048576
