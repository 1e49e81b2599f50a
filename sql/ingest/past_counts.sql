-- grain: one drop that was counted before: how many of its lines were good then and have expired since
-- source: lines refused as expired alone, without those that quarantine has already
SELECT drop_no, count() AS past
FROM {{ staging }} AS s
INNER JOIN {{ batch }} AS b ON s.drop_no = b.drop_no
WHERE reasons = ['expired'] AND b.counted
    AND (b.drop, line_number) NOT IN (SELECT drop, line_number FROM quarantine FINAL WHERE state != 'released' AND drop IN (SELECT drop FROM {{ batch }}))
GROUP BY drop_no
