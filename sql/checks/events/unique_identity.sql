-- No identity stands twice in `events FINAL`.
-- severity: error
-- runs: by shard and days
-- remedy: somebody wrote to `events` past the pipeline: `ads drops forget` of the day's drops, then `ads reload`
-- source: `events FINAL`, by the hash of the identity; a sample names the days
SELECT sum(surplus) AS observed, arrayMap(d -> toString(d), groupArrayIf(5)(event_date, surplus > 0)) AS sample
FROM (SELECT event_date, count() - uniqExact(sipHash64({{ identity }})) AS surplus FROM events FINAL
    {% if changed %}WHERE event_date IN {days:Array(Date)}{% endif %} GROUP BY event_date)
