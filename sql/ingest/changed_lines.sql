-- grain: one drop that has not each of its lines once after the source's SELECT
-- source: the lines as they were read and gathered, beside those that were staged from them
SELECT drop_no, g.given AS given, s.staged AS staged, s.staged - s.different AS repeated
FROM
(
    SELECT drop_no, count() AS given
    FROM {{ gathered }}
    WHERE drop_no IN {drops:Array(UInt32)} AND NOT match(line, '^[ \\t\\n\\v\\f\\r]*$')
    GROUP BY drop_no
) AS g
FULL JOIN
(
    SELECT drop_no, countIf(record < 2) AS staged, uniqExact(line_number) AS different
    FROM ({% include "ingest/staged.sql" %})
    WHERE drop_no IN {drops:Array(UInt32)}
    GROUP BY drop_no
) AS s USING drop_no
WHERE given != staged OR repeated > 0
ORDER BY drop_no
