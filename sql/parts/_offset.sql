-- _offset(value, 'zone'): the seconds that a time zone is ahead of UTC at a number of seconds since 1970 (24.10's timezoneOffset is a day off
--   where that is more than twelve hours)
-- example: _offset(1795521600, 'Pacific/Kiritimati') → 50400
SELECT
(
    (value, zone) -> toInt64(toDate(toDateTime(value, zone))) * 86400
    + toHour(toDateTime(value, zone)) * 3600 + toMinute(toDateTime(value, zone)) * 60 + toSecond(toDateTime(value, zone)) - toInt64(value)
) AS _offset
