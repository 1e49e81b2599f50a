-- At most 20 % of an id space's costs of the last seven event days are negative, and so of its revenues: more look like a sign turned round.
-- severity: warning
-- remedy: the source probably turns a sign round: fix its SQL file, then `ads reload`
-- passes: 0.2
-- source: `events`, amounts that are not 0; `observed` is the highest share where 100 amounts or more are negative, a sample names id spaces
SELECT
    max(share) AS observed,
    groupArrayIf(5)(concat(ids, ', ', amount, ': ', toString(negative), ' of ', toString(given), ' are negative'), share > 0.2) AS sample
FROM
(
    SELECT ids, pair.1 AS amount, count() AS given, countIf(pair.2 < 0) AS negative, if(negative < 100, 0, negative / given) AS share
    FROM events
    ARRAY JOIN [('cost', cost), ('revenue', revenue)] AS pair
    WHERE event_date > (SELECT max(event_date) FROM events) - 7 AND pair.2 != 0 {% if changed %}AND event_date IN {days:Array(Date)}{% endif %}
    GROUP BY ids, amount
)
