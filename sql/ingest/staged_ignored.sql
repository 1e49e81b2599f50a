-- grain: one drop of the batch and reason for which the source ignores lines; empty where it gives none
SELECT drop_no, line AS reason, count() AS lines
FROM {{ aside }}
WHERE reasons = ['ignored']
GROUP BY drop_no, reason
