-- grain: one refused record that is in quarantine, without those that name an erased person
-- source: `quarantine`; the result takes its place, without older states of records, and without those that left it
-- run again: never: the table is made anew
INSERT INTO {{ target }}
SELECT *
FROM quarantine FINAL
WHERE
    -- one that was released may have the text of a line of which others are held
    (state != 'released' OR (line != '' AND (drop, line_number) IN (SELECT drop, line_number FROM quarantine FINAL WHERE state = 'held' AND line = '')))
    AND (drop, line_number) NOT IN
(
    WITH {% include "erase/hashing.sql" %}

    SELECT drop, line_number
    FROM (WITH {% include "erase/places.sql" %} SELECT drop, line_number, arrayJoin(parts_of(line)) AS part FROM quarantine)
    WHERE (hashed(part), true) IN ({{ people }})
)
