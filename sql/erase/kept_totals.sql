-- grain: one row of the history, as `day_totals`, without rows of erased people, and with asterisks for their ids in metrics of others
-- source: `day_totals`, and the rows of it that name them; the result takes its place
-- run again: never: the table is made anew
INSERT INTO {{ target }} (name, event_date, keys, batch, drops, metrics, totals, states, shape, settled_at, revision)
SELECT
    kept.name, kept.event_date, kept.keys, kept.batch, drops, metrics,
    arrayMap(text -> arrayFold((masked, part) -> replaceAll(masked, part, repeat('*', length(part))), found.texts, text), totals),
    arrayMap(text -> arrayFold((masked, part) -> replaceAll(masked, part, repeat('*', length(part))), found.texts, text), states),
    shape, settled_at, revision
FROM (SELECT * FROM day_totals FINAL) AS kept
LEFT JOIN ({{ held }}) AS found
    ON found.name = kept.name AND found.event_date = kept.event_date AND found.keys = kept.keys AND found.batch = kept.batch
WHERE NOT found.is_theirs
