-- The newest event day of raw is in the rollup.
-- severity: error
-- remedy: if the rollup is set apart, fix its SQL file or the data; else `ads backfill ROLLUP --from DAY --to DAY`
-- source: the days of `events` and of the rollup; a sample names the day that is missing
SELECT
    (SELECT max(event_date) FROM events) AS newest,
    toUInt64(newest > (SELECT max(event_date) FROM {{ table }})) AS observed,
    if(observed = 0, [], [toString(newest)]) AS sample
