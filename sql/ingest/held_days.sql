-- grain: one event day of the batch that has rows in `events` already
-- Counted, since what a partition has is then known without a look at any row.
SELECT event_date FROM events WHERE event_date IN {days:Array(Date)} GROUP BY event_date HAVING count() > 0
