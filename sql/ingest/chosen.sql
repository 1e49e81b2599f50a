-- grain: one listed drop that is to be loaded: the ledger lacks it, has it under another etag, or has not finished with it; with {again},
--   whatever landed on these days
-- source: the listing, a name that came twice once, beside the ledger
-- The order of receipt is by landed day, time and name. A drop that the ledger has keeps its place; one that was overwritten never moves
-- back; a time ahead of the engine's clock counts as now. Urgent drops come before all others, whatever their landed day.
SELECT
    row_number() OVER (ORDER BY NOT is_urgent, day, at, name) AS place,
    name,
    source,
    size,
    etag,
    at AS landed_at,
    day AS landed_day,
    known,
    is_urgent AS urgent,
    if(unfinished, k_first_day, toDate(0)) AS first_day,
    if(same, k_lines, 0) AS lines,
    if(same, k_accepted, 0) AS accepted,
    if(same, k_duplicates, 0) AS duplicates,
    if(same, k_corrections, 0) AS corrections,
    if(same, k_quarantined, 0) AS quarantined,
    if(same, k_ignored, 0) AS ignored,
    if(same, k_ignored_reasons, map()) AS ignored_reasons
FROM
(
    SELECT
        l.name AS name,
        l.source AS source,
        l.size AS size,
        l.etag AS etag,
        k.drop != '' AS known,
        known AND (k.etag = l.etag OR startsWith(k.etag, 'rewriting:')) AS same,
        same AND k.status = 'loading' AS unfinished,
        l.urgent AS is_urgent,
        least(l.landed_at, {now:DateTime64(6, 'UTC')}) AS listed_at,
        least(l.landed_day, toDate({now:DateTime64(6, 'UTC')}, 'UTC')) AS listed_day,
        same OR (known AND (k.landed_day, k.landed_at) > (listed_day, listed_at)) AS stays,
        if(stays, k.landed_at, listed_at) AS at,
        if(stays, k.landed_day, listed_day) AS day,
        k.first_day AS k_first_day,
        k.lines AS k_lines,
        k.accepted AS k_accepted,
        k.duplicates AS k_duplicates,
        k.corrections AS k_corrections,
        k.quarantined AS k_quarantined,
        k.ignored AS k_ignored,
        k.ignored_reasons AS k_ignored_reasons
    FROM (SELECT * FROM {{ listing }} ORDER BY name LIMIT 1 BY name) AS l
    LEFT JOIN
    (
        SELECT
            drop, etag, status, landed_day, landed_at, first_day, lines, accepted, duplicates, corrections, quarantined, ignored, ignored_reasons
        FROM drops FINAL
        WHERE drop IN (SELECT name FROM {{ listing }})
    ) AS k ON l.name = k.drop
    WHERE is_urgent OR k.status = 'loading'
        OR ((day BETWEEN {first:Date} AND {last:Date} OR (NOT same AND listed_day BETWEEN {first:Date} AND {last:Date}))
            AND ({again:Bool} OR NOT same OR k.status IN ('pending', 'vanished')))
)
ORDER BY place
LIMIT if({limit:UInt64} = 0, 1000000000, {limit:UInt64})
