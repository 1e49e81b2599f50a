-- grain: one loaded drop whose counts do not add up, as when rows of the ledger or of quarantine were lost: loading it again counts anew
-- source: the ledger, beside what quarantine holds and what the days add up to
SELECT drop
FROM
(
    SELECT drop, d.accepted AS accepted, quarantined, 0 AS days, 0 AS held FROM drops AS d FINAL WHERE status = 'loaded'
    UNION ALL
    SELECT drop, 0, 0, d.accepted AS days, 0 FROM drop_days AS d FINAL
    UNION ALL
    SELECT drop, 0, 0, 0, count() AS held FROM quarantine FINAL WHERE state != 'released' GROUP BY drop
)
GROUP BY drop
HAVING sum(accepted) > sum(days) OR sum(quarantined) > sum(held)
ORDER BY drop
