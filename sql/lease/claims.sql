-- grain: one claim that was not given up, with the seconds since it was renewed
SELECT generation, holder, host, machine, pid, started, dateDiff('millisecond', beat_at, now64(6)) / 1000 AS age
FROM leases FINAL
WHERE state IN ('claimed', 'held') AND beat_at > now64(6) - INTERVAL 1 DAY
