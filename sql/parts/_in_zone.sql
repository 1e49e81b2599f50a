-- _in_zone(value, 'zone'): a text with the year first, as a time with an offset; as it is where it is no time of the years 1970 to 2105
-- The offset is that of a day before, if it holds at the time itself; else that of a day after, if that holds; else (the time is skipped by
-- clocks) that of before.
-- example: _in_zone('2026-11-25 13:05:06.789', 'Asia/Kolkata') → "2026-11-25T13:05:06.789+05:30"
SELECT
(
    (value, zone) -> arrayMap(
        found -> arrayMap(
            (month, hour) -> arrayMap(
                written -> arrayMap(
                    seconds -> arrayMap(
                        (before, after) -> multiIf(
                            value = '', '',
                            seconds < 0, toJSONString(value),
                            toJSONString(concat(written, multiIf(
                                match(found[12], '^(utc|gmt|z)$'), 'Z',
                                found[12] != '', concat(
                                    substring(replaceRegexpOne(found[12], '^(utc|gmt)', ''), 1, 3), ':',
                                    if(match(found[12], '[0-9]{2}:?[0-9]{2}$'), substring(found[12], -2), '00')),
                                arrayMap(
                                    offset -> concat(
                                        if(offset < 0, '-', '+'), leftPad(toString(intDiv(abs(offset), 3600)), 2, '0'),
                                        ':', leftPad(toString(intDiv(abs(offset) % 3600, 60)), 2, '0')),
                                    [multiIf(
                                        _offset(greatest(seconds - before, 0), zone) = before, before,
                                        _offset(greatest(seconds - after, 0), zone) = after, after,
                                        before)])[1])))),
                        [_offset(greatest(seconds - 86400, 0), zone)],
                        [_offset(seconds + 86400, zone)])[1],
                    [if(empty(found) OR found[1] NOT BETWEEN '1970' AND '2105' OR month NOT BETWEEN 1 AND 12 OR hour > 23
                            OR found[7] > '59' OR found[8] > '59',
                        toInt64(-1),
                        coalesce(toInt64(toUnixTimestamp(parseDateTime64BestEffortOrNull(concat(written, 'Z'), 3, 'UTC'))), toInt64(-1)))])[1],
                [concat(
                    found[1], '-', leftPad(toString(month), 2, '0'), '-', leftPad(concat(found[3], found[5]), 2, '0'),
                    'T', leftPad(toString(hour), 2, '0'), ':', leftPad(found[7], 2, '0'), ':', leftPad(found[8], 2, '0'),
                    '.', rightPad(substring(concat(found[9], found[10]), 1, 3), 3, '0'))])[1],
            [if(
                match(found[2], '[a-z]'),
                indexOf(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'], found[2]),
                toUInt64(toUInt8OrZero(concat(found[2], found[4]))))],
            [multiIf(
                found[11] = '', toUInt8OrZero(found[6]),
                toUInt8OrZero(found[6]) NOT BETWEEN 1 AND 12, 99,
                toUInt8OrZero(found[6]) % 12 + if(found[11] = 'p', 12, 0))])[1],
        [extractGroups(lower(value), concat(
            '^\\s*([0-9]{4})(?:[-/. ]([0-9]{1,2}|[a-z]{3})[-/. ]([0-9]{1,2})|([0-9]{2})([0-9]{2}))',
            '(?:(?:[t, ]+| at )?([0-9]{1,2})(?::?([0-9]{2})(?::?([0-9]{2})(?:[.,:]([0-9]+)|([0-9]{3}))?)?)?\\s*(?:([ap])[.]?m[.]?)?)?',
            '\\s*(z|utc|gmt|(?:utc|gmt)?[+-][0-9]{2}(?::?[0-9]{2})?)?\\s*$'))])[1]
) AS _in_zone
