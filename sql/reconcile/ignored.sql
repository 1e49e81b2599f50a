-- grain: one event day: how many lines their source ignores of the drops that landed on it or brought events of it, by the reasons it gives
SELECT event_date, sum(lines_ignored) AS ignored, sumMap(given_reasons) AS reasons
FROM
(
    SELECT DISTINCT event_date, drop, d.ignored AS lines_ignored, d.ignored_reasons AS given_reasons
    FROM (SELECT drop, landed_day, ignored, ignored_reasons FROM drops FINAL WHERE ignored > 0) AS d
    INNER JOIN
    (
        SELECT drop, event_date FROM drop_days FINAL WHERE event_date IN {days:Array(Date)}
        UNION DISTINCT
        SELECT drop, landed_day FROM drops FINAL WHERE landed_day IN {days:Array(Date)}
    ) AS e ON d.drop = e.drop
)
GROUP BY event_date
