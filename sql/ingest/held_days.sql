-- grain: one event day of the batch that has rows in `events` already
SELECT DISTINCT event_date FROM events WHERE event_date IN {days:Array(Date)}
