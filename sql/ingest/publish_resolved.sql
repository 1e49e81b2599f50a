-- grain: one event; into `events` the rollups' views fire, into a table to be attached none does
-- source: the lines that classifying chose for an action, one for each identity
INSERT INTO {{ target }}
SELECT
    event_id, event_time, event_type, campaign_id, ad_id, publisher_id, user_id, country, device, cost, revenue, attributes,
    event_date, o.drop AS drop, o.source_line AS line_number, o.origin AS origin, o.version AS version
FROM {{ staging }} AS s
INNER JOIN (SELECT * FROM {{ outcomes }} WHERE action IN {actions:Array(String)}) AS o ON s.drop_no = o.drop_no AND s.line_number = o.line_number
WHERE key IN (SELECT key FROM {{ repeats }}) AND {{ fence }}
SETTINGS parallel_view_processing = 1, optimize_on_insert = 0
