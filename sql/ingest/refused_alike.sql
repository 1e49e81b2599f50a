-- grain: one drop of {drops} and reason, for which most of the drop's {records} are refused (at least {share} of them): the bytes of the first
--   of these records that is not too long to be looked at, as hexadecimal digits
-- source: the records staged
SELECT
    drop_no,
    reason,
    hex(argMinIf(line, (line_number, record), length(line) <= 65536)) AS sample
FROM {{ aside }}
ARRAY JOIN reasons AS reason, arrayEnumerate(reasons) AS place
WHERE drop_no IN {drops:Array(UInt32)} AND reasons != ['ignored']
GROUP BY drop_no, reason
HAVING count() >= {share:Float64} * {records:Array(UInt64)}[indexOf({drops:Array(UInt32)}, drop_no)]
ORDER BY drop_no, count() DESC, avg(place)
