-- grain: one event; into `events` the rollups' views fire, into a table to be attached none does
-- source: valid records whose identity stands nowhere else, so no block has rows to be collapsed before it is written; those of days that lack
--   rows ({lacking}) go into the table to be attached ({attached}), all others into `events`
-- run again: never: a run that died here leaves its days noted, and they are rebuilt from raw
INSERT INTO {{ target }}
SELECT *
FROM {{ valid }}
WHERE {{ fence }} AND (event_date IN {lacking:Array(Date)}) = {attached:Bool}
    {% if repeated %}
    AND {{ identity_key }} NOT IN (SELECT key FROM {{ repeats }})
    {% endif %}
SETTINGS parallel_view_processing = 1, optimize_on_insert = 0, max_insert_threads = 4,
    min_insert_block_size_rows = 524288, min_insert_block_size_bytes = 134217728
