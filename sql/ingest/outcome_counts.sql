-- grain: one drop of the batch
SELECT drop_no, countIf(outcome = 'duplicate') AS duplicates, countIf(outcome = 'correction') AS corrections
FROM {{ outcomes }}
GROUP BY drop_no
