-- grain: one record of a line of some drops of the batch
-- source: their bytes, judged by cheap conditions (part `plain`): records that are surely valid are there at once, as rows of `events`
-- Any other record waits in the day 1970-01-01, with its line as `event_id` and {rest} as `confirmed_line`: one that the source ignores
-- (`confirmed_record` 1: its line says why), and the first of a line that is for the contract to judge. An INSERT has one target, and a view
-- that splits its rows, or a filter, would take as long as writing them.
-- Blocks of a quarter of a million rows: both threads are busy to the end, and it takes half the memory of blocks of a million. Of 10 million
-- events the next run's first merges take a second more, and the load three less.
-- parameters: drop_no: which drop, if it is one (part `one_drop`); id_space, rest, and those of `plain`
-- run again: never: what an insert left that failed is taken back with its drops (unstage_drops)
INSERT INTO {{ valid }}
    ({{ event_columns }}, event_date, ids, drop, line_number, record, origin, version, confirmed_by, confirmed_line, confirmed_record, batch)
WITH
    (SELECT groupArray(drop) FROM (SELECT drop FROM {{ batch }} ORDER BY drop_no)) AS names,
    (SELECT groupArray(position) FROM (SELECT position FROM {{ batch }} ORDER BY drop_no)) AS positions,
    (SELECT any(batch) FROM {{ batch }}) AS batch_id,
    {% if one_drop %}{drop_no:UInt32}{% else %}drop_no{% endif %} AS place
SELECT
    {{ event_columns }},
    event_date,
    {id_space:String} AS ids,
    toLowCardinality(names[place]) AS drop,
    line_number,
    record,
    drop AS origin,
    positions[place] AS version,
    drop AS confirmed_by,
    if(is_valid, 0, {rest:UInt64}) AS confirmed_line,
    NOT is_valid AND is_plain AS confirmed_record,
    batch_id AS batch
FROM
(
    SELECT
        * REPLACE (if(is_valid, event_id, line) AS event_id, if(is_valid, event_date, toDate(0)) AS event_date),
        is_plain AND empty(reasons) AS is_valid
    FROM ({{ plain }})
)
SETTINGS max_insert_block_size = 262144, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 134217728,
    max_insert_threads = 2, optimize_on_insert = 0, query_plan_merge_expressions = 0, {{ reading }}
{{ body }}
