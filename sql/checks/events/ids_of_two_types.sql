-- At most 20 % of an id space's ids of the last seven event days stand under more than one event type: more look like a wrong id or type.
-- severity: warning
-- remedy: the source's id or event type is probably wrong: fix its SQL file, then `ads drops forget` and `ads reload`
-- passes: 0.2
-- source: `events`, a sample of some million rows by the hash of the id; `observed` is the highest share of any id space in which 100 ids of
--   the sample have several types on one day, a sample names these id spaces and one such id
WITH (SELECT 1 + intDiv(count(), 1000000) FROM events WHERE event_date > (SELECT max(event_date) FROM events) - 7) AS one_in
SELECT
    max(share) AS observed,
    groupArrayIf(5)(concat(ids, ': ', toString(several), ' of ', toString(given), ' ids, such as ', example), share > 0.2) AS sample
FROM
(
    SELECT ids, count() AS given, countIf(types > 1) AS several, anyIf(event_id, types > 1) AS example, if(several < 100, 0, several / given) AS share
    FROM
    (
        SELECT ids, event_id, uniqExact(event_type) AS types
        FROM events
        WHERE event_date > (SELECT max(event_date) FROM events) - 7 AND sipHash64(event_id) % one_in = 0
            {% if changed %}AND event_date IN {days:Array(Date)}{% endif %}
        GROUP BY ids, event_date, event_id
    )
    GROUP BY ids
)
