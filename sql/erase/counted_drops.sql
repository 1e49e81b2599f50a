-- grain: one drop that is counted on these days
SELECT drop FROM drop_days WHERE event_date IN {days:Array(Date)}
