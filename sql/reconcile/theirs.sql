-- grain: one event day and key of a platform's file: how many rows it has, the first line, and its amounts added up
-- source: the file's records (part `records`)
SELECT
    assumeNotNull(day) AS event_date,
    keys,
    count() AS file_rows,
    toUInt64(min(line)) AS first_line,
    sumForEach(amounts) AS theirs
FROM ({{ records }})
WHERE kind = 'row'
GROUP BY event_date, keys
SETTINGS max_threads = 1, parallelize_output_from_storages = 0
