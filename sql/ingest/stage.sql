-- grain: one line of some drops of the batch
-- source: their bytes, through the source's SELECT and the contract, parsed once
-- run again: never: what an insert left that failed is taken back with its drops (unstage_drops)
INSERT INTO {{ intake }}
SELECT
    *,
    {id_space:String} AS ids
FROM ({{ contract }})
SETTINGS max_insert_block_size = 262144, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 134217728,
    max_insert_threads = 4, parallel_view_processing = 1, optimize_on_insert = 0, query_plan_merge_expressions = 0, {{ reading }}
{{ body }}
