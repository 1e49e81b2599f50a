-- grain: one drop of a replay: what its days add up to, and how many of its lines quarantine will hold once those replayed have left
SELECT b.drop_no AS drop_no, d.accepted AS accepted, q.held - s.valid AS quarantined
FROM {{ batch }} AS b
LEFT JOIN (SELECT drop, sum(a.accepted) AS accepted FROM drop_days AS a FINAL GROUP BY drop) AS d ON b.drop = d.drop
LEFT JOIN (SELECT drop, toInt64(count()) AS held FROM quarantine FINAL WHERE state != 'released' GROUP BY drop) AS q ON b.drop = q.drop
LEFT JOIN (SELECT drop_no, toInt64(countIf(empty(reasons))) AS valid FROM {{ staging }} GROUP BY drop_no) AS s ON b.drop_no = s.drop_no
