-- grain: one event day of which one of the tables has rows on this node: how many rows the table with most has, by the parts
SELECT event_date, max(held) AS most
FROM
(
    SELECT table, toDate(partition) AS event_date, sum(rows) AS held
    FROM system.parts
    WHERE database = currentDatabase() AND active AND rows > 0 AND has({tables:Array(String)}, table)
    GROUP BY table, event_date
)
GROUP BY event_date
ORDER BY event_date
