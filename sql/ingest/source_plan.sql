-- grain: the plan of a source's SELECT, as JSON
-- source: no line; the columns are those of `lines` in `ingest/contract`
-- run again: the same
EXPLAIN json = 1, actions = 1, header = 1
WITH
{time_zone:String} AS time_zone,
lines AS
(
    SELECT *
    FROM values(
        'drop_no UInt32, drop String, line_number UInt64, line String, rewritten String, fields Map(String, String), no_object UInt8, repeated Array(String)',
        (1, '', 1, '', '', map('', ''), 0, ['']))
),
source AS
(
{{ source }}
)
SELECT * FROM source
