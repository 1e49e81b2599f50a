-- grain: one listed drop that is to be loaded: the ledger lacks it, has it under another etag, or has not finished with it
-- source: the listing, a name that came twice once, beside the ledger
-- A drop that the ledger has keeps its place in the order of receipt. New ones of the same microsecond come behind those it has, by name.
INSERT INTO {{ chosen }}
SELECT row_number() OVER (ORDER BY landed_day, landed_at, tie) AS place, name, source, size, etag, landed_at, landed_day, tie
FROM
(
    SELECT
        l.name AS name,
        l.source AS source,
        l.size AS size,
        l.etag AS etag,
        k.drop != '' AND k.etag = l.etag AS same,
        if(same, k.landed_at, l.landed_at) AS landed_at,
        if(same, k.landed_day, l.landed_day) AS landed_day,
        if(same, k.tie, toUInt32(b.next_tie + row_number() OVER (PARTITION BY l.landed_day, l.landed_at, same ORDER BY l.name) - 1)) AS tie
    FROM (SELECT * FROM {{ listing }} ORDER BY name LIMIT 1 BY name) AS l
    LEFT JOIN (SELECT drop, etag, status, landed_day, landed_at, tie FROM drops FINAL) AS k ON l.name = k.drop
    LEFT JOIN
    (
        SELECT landed_day, landed_at, max(tie) + 1 AS next_tie FROM drops FINAL GROUP BY landed_day, landed_at
    ) AS b ON l.landed_day = b.landed_day AND l.landed_at = b.landed_at
    WHERE NOT (k.drop != '' AND k.etag = l.etag) OR {again:Bool} OR k.status IN ('pending', 'loading')
)
ORDER BY place
LIMIT if({limit:UInt64} = 0, 1000000000, {limit:UInt64})
