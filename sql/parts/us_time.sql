-- us_time(value): as `local_time`, the date as month/day/year
-- example: us_time('"11/25/2026 1:05:00 PM"') → "2026-11-25T13:05:00.000+00:00"
-- example: us_time('"11/25/2026"') → "2026-11-25T00:00:00.000+00:00"
-- example: us_time('"25/11/2026"') → "2026-25-11"
SELECT
(
    value -> us_time_in(value, {time_zone:String})
) AS us_time
