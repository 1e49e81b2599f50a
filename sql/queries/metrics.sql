-- grain: one metric of the pipeline with its label, at most some dozens
-- source: the ledger, quarantine and the notes of days
-- run again: no change
SELECT 'ads_pipeline_drops' AS metric, 'status' AS label, toString(status) AS named, toFloat64(count()) AS value FROM drops FINAL GROUP BY status
UNION ALL
SELECT 'ads_pipeline_lines', '', '', toFloat64(sum(lines)) FROM drops FINAL WHERE status = 'loaded'
UNION ALL
SELECT 'ads_pipeline_records', 'outcome', outcome.1, toFloat64(sum(outcome.2))
FROM drops FINAL
ARRAY JOIN [
    ('accepted', accepted), ('duplicate', duplicates), ('correction', corrections), ('quarantined', quarantined), ('ignored', ignored)
] AS outcome
WHERE status = 'loaded'
GROUP BY outcome.1
UNION ALL
SELECT 'ads_pipeline_lag_seconds', 'quantile', lag.1, lag.2
FROM
(
    SELECT quantiles(0.5, 0.95, 1)(greatest(0, dateDiff('second', landed_at, updated_at))) AS lags
    FROM drops FINAL
    WHERE status = 'loaded' AND updated_at > now64(3) - toIntervalHour(1)
    HAVING count() > 0
)
ARRAY JOIN [('0.5', lags[1]), ('0.95', lags[2]), ('1', lags[3])] AS lag
UNION ALL
SELECT 'ads_pipeline_batch_seconds', 'quantile', took.1, took.2
FROM
(
    SELECT quantiles(0.5, 0.95, 1)(longest) AS each
    FROM
    (
        SELECT max(toFloat64(seconds)) AS longest
        FROM drops FINAL
        WHERE status = 'loaded' AND seconds > 0 AND updated_at > now64(3) - toIntervalHour(1)
        GROUP BY batch
    )
    HAVING count() > 0
)
ARRAY JOIN [('0.5', each[1]), ('0.95', each[2]), ('1', each[3])] AS took
UNION ALL
SELECT 'ads_pipeline_last_load_timestamp_seconds', '', '', toFloat64(toUnixTimestamp(max(updated_at)))
FROM drops FINAL WHERE status = 'loaded' HAVING count() > 0
UNION ALL
SELECT 'ads_pipeline_newest_drop_timestamp_seconds', '', '', toFloat64(toUnixTimestamp(max(landed_at)))
FROM drops FINAL WHERE status = 'loaded' HAVING count() > 0
UNION ALL
SELECT 'ads_pipeline_quarantine_held', '', '', toFloat64(count()) FROM quarantine FINAL WHERE state = 'held'
UNION ALL
SELECT 'ads_pipeline_unsettled_days', '', '', toFloat64(uniqExact(event_date)) FROM batch_days FINAL WHERE settled = 0
