-- grain: one drop of the batch; the first record of each line stands for the line
SELECT
    drop_no,
    countIf(record < 2) AS lines,
    countIf(reasons != ['ignored']) AS records,
    countIf(reasons = ['ignored']) AS ignored,
    countIf(notEmpty(reasons)) - ignored AS quarantined
FROM {{ staging }}
GROUP BY drop_no
