-- grain: one row: how many records quarantine holds that name an erased person in their line, and how many rows of any state do
-- source: `quarantine`, beside the list of people
SELECT uniqExactIf((drop, line_number, record), state != 'released') AS records, count() AS rows
FROM quarantine
WHERE (drop, line_number) IN
(
    WITH {% include "erase/hashing.sql" %}

    SELECT drop, line_number
    FROM (WITH {% include "erase/places.sql" %} SELECT drop, line_number, arrayJoin(parts_of(line)) AS part FROM quarantine)
    WHERE (hashed(part), true) IN ({{ people }})
)
