-- grain: one event day: how many keys each side has, how many differ, and the sums
-- source: what is compared (part `compared`)
SELECT
    event_date,
    sum(c.in_theirs) AS in_theirs,
    sum(c.in_ours) AS in_ours,
    countIf(c.in_theirs AND c.in_ours) AS in_both,
    countIf(c.differs) AS differing,
    countIf(c.beyond) AS beyond,
    sumForEach(c.theirs) AS theirs,
    sumForEach(c.ours) AS ours
FROM ({{ compared }}) AS c
GROUP BY event_date
ORDER BY event_date
