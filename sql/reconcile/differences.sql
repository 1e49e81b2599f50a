-- grain: one event day and key that differs, those beyond the tolerance first, by the size of the difference in the amount {by}
-- source: what is compared (part `compared`)
SELECT event_date, keys, file_rows, first_line, in_theirs, in_ours, theirs, ours, differences, beyond
FROM ({{ compared }})
WHERE differs AND (beyond OR {all:Bool})
ORDER BY beyond DESC, abs(differences[{by:UInt32}]) DESC, arrayMap(difference -> abs(difference), differences) DESC, event_date, keys
LIMIT {limit:UInt64}
