-- grain: one row: how fresh and how sound what is loaded is
-- source: the ledger; the share of the records that landed in the last seven landed days and were refused
-- run again: the same row
SELECT
    (SELECT if(count() = 0, NULL, max(updated_at)) FROM drops FINAL WHERE status = 'loaded') AS last_loaded,
    (SELECT count() FROM drops FINAL WHERE status = 'failed') AS failed_drops,
    (
        SELECT if(sum(records) = 0, 0, sum(quarantined) / sum(records))
        FROM drops FINAL
        WHERE status = 'loaded' AND landed_day > (SELECT max(landed_day) FROM drops FINAL) - 7
    ) AS quarantined_share
