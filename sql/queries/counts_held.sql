-- grain: one drop: how many identities it is counted for, and how many of its lines quarantine holds
SELECT drop, sum(a) AS accepted, sum(q) AS quarantined
FROM
(
    SELECT drop, sum(d.accepted) AS a, 0 AS q FROM drop_days AS d FINAL WHERE drop IN {drops:Array(String)} GROUP BY drop
    UNION ALL
    SELECT drop, 0 AS a, count() AS q FROM quarantine FINAL WHERE drop IN {drops:Array(String)} AND state != 'released' GROUP BY drop
)
GROUP BY drop
