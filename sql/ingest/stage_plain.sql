-- grain: one line of some drops of the batch
-- source: their bytes, where a line's keys are the event's: the plain lines are staged (part `plain`); the others are put aside, under the
--   number of another insert ({rest}), for the contract to judge
-- run again: never: what an insert left that failed is taken back by its chunk (unstage_chunk)
INSERT INTO {{ staging }}
SELECT
    if(is_plain, {chunk:UInt32}, {rest:UInt32}) AS chunk,
    * EXCEPT is_plain,
    {id_space:String} AS ids,
    sipHash64({{ identity }}) AS key
FROM ({{ plain }})
SETTINGS max_insert_block_size = 262144, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 134217728,
    query_plan_merge_expressions = 0, {{ reading }}
{{ body }}
