-- grain: one duplicate of a drop that is loaded again: what its records are now, the batch says anew
-- source: `duplicates`
-- run again: the same rows
INSERT INTO duplicates (event_date, drop, line_number, record, key, content, void, revision)
SELECT event_date, drop, line_number, record, key, content, true, {revision:UInt64}
FROM duplicates FINAL
WHERE drop IN (SELECT drop FROM {{ batch }} WHERE known AND drop_no NOT IN {failed:Array(UInt32)}) AND NOT void
