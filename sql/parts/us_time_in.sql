-- us_time_in(value, 'zone'): as `us_time`, in this time zone
-- example: us_time_in('"11/25/2026 12:30 AM"', 'America/New_York') → "2026-11-25T00:30:00.000-05:00"
SELECT
(
    (value, zone) -> _in_zone(
        replaceRegexpOne(_months_by_name(as_text(value)), '^\\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})', '\\3-\\1-\\2'), zone)
) AS us_time_in
