-- grain: one line of a drop, as it was read
-- source: the drop's lines; a block of the table is read again as a whole, so it is kept small
-- run again: never: a run that failed here gathers into a new table
INSERT INTO {{ gathered }}
SELECT drop_no, line_number, line FROM ({{ lines }})
SETTINGS max_insert_block_size = 65536, min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 4194304,
    {{ reading }}, min_chunk_bytes_for_parallel_parsing = 1048576
{{ body }}
