-- grain: one source and day on which none of its drops landed, although some did on the day before and on the day after
SELECT source, day
FROM (SELECT source, groupUniqArray(landed_day) AS landed FROM drops FINAL GROUP BY source)
ARRAY JOIN {days:Array(Date)} AS day
WHERE NOT has(landed, day) AND has(landed, day - 1) AND has(landed, day + 1)
ORDER BY source, day
