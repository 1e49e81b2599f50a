-- grain: one line of some drops of the batch
-- source: their bytes, through the source's SELECT and the contract, parsed once
-- run again: never: what an insert left that failed is taken back by its chunk (unstage_chunk)
INSERT INTO {{ staging }}
SELECT
    {chunk:UInt32} AS chunk,
    *,
    {id_space:String} AS ids,
    sipHash64({{ identity }}) AS key
FROM ({{ contract }})
SETTINGS max_insert_block_size = 262144, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 134217728,
    query_plan_merge_expressions = 0, {{ reading }}
{{ body }}
