-- grain: one event day of a range that the ledger accepted events for
SELECT event_date FROM drop_days AS d FINAL
WHERE event_date BETWEEN {first:Date} AND {last:Date}
GROUP BY event_date
HAVING sum(d.accepted) > 0
ORDER BY event_date
