-- grain: one landed day: what became of the lines and records of its loaded drops, as the ledger has it now
SELECT
    landed_day,
    count() AS drops,
    sum(d.lines) AS lines,
    sum(d.accepted) AS accepted,
    sum(d.duplicates) AS duplicates,
    sum(d.corrections) AS corrections,
    sum(d.quarantined) AS quarantined,
    sum(d.ignored) AS ignored,
    sumMap(d.ignored_reasons) AS ignored_reasons
FROM drops AS d FINAL
WHERE status = 'loaded' AND landed_day IN {days:Array(Date)}
GROUP BY landed_day
