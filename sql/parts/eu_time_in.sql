-- eu_time_in(value, 'zone'): as `eu_time`, in this time zone
-- example: eu_time_in('"25/11/2026 13:05"', 'Europe/Paris') → "2026-11-25T13:05:00.000+01:00"
SELECT
(
    (value, zone) -> _in_zone(
        replaceRegexpOne(_months_by_name(as_text(value)), '^\\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})', '\\3-\\2-\\1'), zone)
) AS eu_time_in
