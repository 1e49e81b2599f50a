-- local_time_in(value, 'zone'): as `local_time`, in this time zone
-- example: local_time_in('"2026-11-25 13:05:00"', 'Europe/Berlin') → "2026-11-25T13:05:00.000+01:00"
-- example: local_time_in('"2026-10-25 02:30:00"', 'Europe/Berlin') → "2026-10-25T02:30:00.000+02:00"
-- example: local_time_in('"2026-03-29 02:30:00"', 'Europe/Berlin') → "2026-03-29T02:30:00.000+01:00"
-- example: local_time_in('"2026-11-25T13:05:00-08:00"', 'Europe/Berlin') → "2026-11-25T13:05:00.000-08:00"
SELECT
(
    (value, zone) -> _in_zone(
        replaceRegexpOne(_months_by_name(as_text(value)), '^\\s*([0-9]{1,2})[.]([0-9]{1,2})[.]([0-9]{4})', '\\3-\\2-\\1'), zone)
) AS local_time_in
