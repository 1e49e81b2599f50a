-- grain: one event day and loaded drop that has lines of it; `repeated`: some of its lines repeat what other lines say
-- source: the ledger's counts a day, and what the last batch of a drop touched
SELECT DISTINCT p.event_date AS event_date, l.drop AS drop, l.duplicates + l.corrections > 0 AS repeated
FROM (SELECT drop, batch, duplicates, corrections FROM drops FINAL WHERE status = 'loaded') AS l
INNER JOIN
(
    SELECT drop, event_date FROM drop_days WHERE event_date IN {days:Array(Date)}
    UNION DISTINCT
    SELECT d.drop AS drop, t.event_date AS event_date
    FROM (SELECT drop, batch FROM drops FINAL WHERE status = 'loaded') AS d
    INNER JOIN (SELECT batch, event_date FROM batch_days WHERE event_date IN {days:Array(Date)}) AS t ON d.batch = t.batch
) AS p ON l.drop = p.drop
ORDER BY event_date, drop
