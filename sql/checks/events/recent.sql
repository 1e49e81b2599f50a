-- A drop has landed, and is loaded, within ADS_FRESH_WITHIN by the engine's clock; a database that never had one passes.
-- reads: the ledger
-- severity: warning
-- remedy: ask the producer; ADS_FRESH_WITHIN says how old is too old
-- source: the ledger; `observed` is the age in hours of the newest drop, when it is too old, and a sample names it
SELECT
    if(drops > 0 AND {fresh_within:UInt64} > 0 AND age > {fresh_within:UInt64}, round(age / 3600, 1), 0) AS observed,
    if(observed > 0, [concat('the newest drop is ', newest, ', landed ', formatDateTime(landed, '%F %R', 'UTC'), ' UTC')], []) AS sample
FROM
(
    SELECT
        count() AS drops,
        max(least(landed_at, updated_at)) AS landed,
        argMax(drop, least(landed_at, updated_at)) AS newest,
        dateDiff('second', landed, now64(3)) AS age
    FROM drops FINAL
    WHERE status = 'loaded'
)
