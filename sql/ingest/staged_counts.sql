-- grain: one drop of the batch; the first record of each line stands for the line
SELECT drop_no, sum(lines) AS lines, sum(records) AS records, sum(ignored) AS ignored, sum(quarantined) AS quarantined
FROM
(
    SELECT b.drop_no AS drop_no, lines, records, 0 AS ignored, 0 AS quarantined
    FROM (SELECT toString(drop) AS drop, countIf(record < 2) AS lines, count() AS records FROM {{ valid }} GROUP BY drop) AS v
    INNER JOIN {{ batch }} AS b ON v.drop = b.drop
    UNION ALL
    SELECT
        drop_no,
        countIf(record < 2) AS lines,
        countIf(reasons != ['ignored']) AS records,
        countIf(reasons = ['ignored']) AS ignored,
        countIf(reasons != ['ignored']) AS quarantined
    FROM {{ aside }}
    WHERE notEmpty(reasons)
    GROUP BY drop_no
)
GROUP BY drop_no
