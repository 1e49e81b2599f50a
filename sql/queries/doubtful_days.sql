-- grain: one event day that readers leave out, within a range
SELECT event_date FROM doubtful_days WHERE event_date BETWEEN {first:Date} AND {last:Date} ORDER BY event_date
