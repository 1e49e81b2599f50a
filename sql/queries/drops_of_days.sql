-- grain: one drop that events of these days were accepted for
SELECT DISTINCT drop FROM drop_days FINAL WHERE event_date IN {days:Array(Date)} AND accepted > 0 AND drop NOT IN {drops:Array(String)}
