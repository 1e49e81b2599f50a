-- _epoch(value, 'places'): a text of digits, the last ('places') of which lie behind the second, as a time in UTC; as it is where that is none
-- example: _epoch('1764075900500', '3') → "2025-11-25T13:05:00.500Z"
SELECT
(
    (value, places) -> arrayMap(
        digits -> arrayMap(
            milliseconds -> multiIf(
                value = '', '',
                milliseconds < 86400000 OR milliseconds > 5680195200000, toJSONString(value),
                toJSONString(concat(replaceOne(toString(fromUnixTimestamp64Milli(milliseconds, 'UTC')), ' ', 'T'), 'Z'))),
            [if(length(digits) < 14, toInt64OrZero(digits), toInt64(0))])[1],
        [if(
            match(value, '^[0-9]{1,20}([.][0-9]*)?$'),
            arrayMap(
                thousandfold -> substring(thousandfold, 1, greatest(toInt64(length(thousandfold)) - toInt64(places), 0)),
                [concat(extract(value, '^[0-9]+'), rightPad(substring(extract(value, '[.]([0-9]*)'), 1, 3), 3, '0'))])[1],
            '')])[1]
) AS _epoch
