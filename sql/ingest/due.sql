-- grain: one drop, to be loaded (numbered from 1 in the order of receipt) or gone: number 0, with its status in the ledger. Gone are drops
--   that the ledger has and the landing store has no more: of those that a run has not finished with, or (with {again}) of all that landed
--   on these days
-- source: the listing beside the ledger, of which a first look without FINAL leaves out what is settled
SELECT *
FROM
(
    SELECT *, '' AS gone
    FROM
    (
        {% include "ingest/chosen.sql" %}

    ) AS c
    UNION ALL
    SELECT
        0, drop, source, size, etag, landed_at, landed_day, 1, false, first_day, lines, accepted, duplicates, corrections, quarantined, ignored,
        ignored_reasons, toString(status)
    FROM drops FINAL
    WHERE drop IN
        (
            SELECT drop FROM drops
            WHERE status IN ('loading', 'pending') OR ({again:Bool} AND landed_day BETWEEN {first:Date} AND {last:Date})
        )
        AND drop NOT IN (SELECT name FROM {{ listing }})
        AND ({source:String} = '' OR source = {source:String})
        AND (status = 'loading' OR (landed_day BETWEEN {first:Date} AND {last:Date}
            AND (status = 'pending' OR ({again:Bool} AND status IN ('loaded', 'failed')))))
) AS found
ORDER BY place, landed_day, landed_at, name
