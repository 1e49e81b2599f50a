-- grain: one line of the batch's drops that names an erased person: as the user of one of its records, or anywhere in its events or, if it is
--   refused, in its text
-- source: the records of the batch, of one shard, beside the list of people
-- run again: never: the table is made anew
INSERT INTO {{ erased }}
WITH {% include "erase/hashing.sql" %}

SELECT DISTINCT drop_no, line_number
FROM
(
    WITH {% include "erase/places.sql" %}

    SELECT drop_no, line_number, {% include "erase/named.sql" %} FROM ({% include "ingest/staged.sql" %}) WHERE reasons != ['ignored']
    UNION ALL
    WITH {% include "erase/places.sql" %}

    SELECT drop_no, line_number, (arrayJoin(parts_of(line)), true) AS named
    FROM {{ aside }}
    WHERE line != '' AND reasons != ['ignored'] AND (notEmpty(reasons) OR (drop_no, line_number) IN
    (
        -- the text of their line stands with its first record, on whichever shard they are
        SELECT drop_no, line_number FROM {{ database }}.{{ aside }} WHERE notEmpty(reasons) AND reasons != ['ignored'] AND line = ''
    ))
)
WHERE (hashed(named.1), named.2) IN ({{ people }})
