-- grain: one event day: how many events drops have brought for it, and how many drops did
SELECT event_date, sum(d.accepted) AS events, countIf(d.accepted > 0) AS drops
FROM drop_days AS d FINAL
WHERE event_date IN {days:Array(Date)}
GROUP BY event_date
