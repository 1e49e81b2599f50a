-- No event id stands on two event days, on a sample of one id in 64: a producer that moves an event to another day makes two of it.
-- severity: warning
-- when: daily
-- remedy: let the producer keep `event_time`, or write the day into the id
-- source: `events` kept, by the hash of the id; a sample names ids
SELECT count() AS observed, groupArray(5)(event_id) AS sample
FROM
(
    SELECT event_id FROM events WHERE sipHash64(event_id) % 64 = 0 AND event_date >= {kept_from:Date}
    GROUP BY event_id, event_type, ids HAVING uniqExact(event_date) > 1
)
