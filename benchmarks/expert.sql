-- Settings of the bare insert as somebody writes it who knows the engine: the views side by side, two threads that write, large blocks, and
-- no collapsing of rows before they are written.
SETTINGS parallel_view_processing = 1, max_insert_threads = 2, optimize_on_insert = 0, min_insert_block_size_rows = 1048576
