-- grain: one drop of the batch
SELECT drop_no, count() AS lines, countIf(notEmpty(reasons)) AS quarantined FROM {{ staging }} GROUP BY drop_no
