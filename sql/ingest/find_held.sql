-- grain: a key of the batch's valid records that `events` holds already, for a slice of keys
-- source: `events`, beside the valid records; of a few records, the primary key finds the rows
-- run again: a key that stands twice says no more than one that stands once
INSERT INTO {{ repeats }}
SELECT DISTINCT {{ identity_key }} AS key
FROM events
WHERE event_date IN {days:Array(Date)}
    AND key % {slices:UInt64} = {slice:UInt64}
    {% if few %}
    AND event_id IN (SELECT event_id FROM {{ valid }})
    {% endif %}
    AND key IN (SELECT {{ identity_key }} AS key FROM {{ valid }} WHERE key % {slices:UInt64} = {slice:UInt64})
