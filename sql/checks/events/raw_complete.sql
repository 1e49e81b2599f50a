-- Every kept day holds as many events as were accepted for it; what is lacking is loaded again by the next ingest, if its drops are there.
-- severity: error
-- remedy: `ads ingest` loads the drops of that day again; land those that are missing, or `ads drops forget NAME`
-- source: `events FINAL` beside the ledger's counts a day; a sample names the days
SELECT count() AS observed, arrayMap(d -> toString(d), groupArray(5)(event_date)) AS sample
FROM
(
    SELECT event_date, sum(rows) AS held, sum(expected) AS accepted
    FROM
    (
        SELECT event_date, count() AS rows, 0 AS expected FROM events FINAL
        WHERE event_date >= {kept_from:Date} {% if changed %}AND event_date IN {days:Array(Date)}{% endif %} GROUP BY event_date
        UNION ALL
        SELECT event_date, 0 AS rows, sum(d.accepted) AS expected FROM drop_days AS d FINAL
        WHERE event_date >= {kept_from:Date} {% if changed %}AND event_date IN {days:Array(Date)}{% endif %} GROUP BY event_date
    )
    GROUP BY event_date
    HAVING held != accepted
    ORDER BY event_date
)
