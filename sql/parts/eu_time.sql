-- eu_time(value): as `local_time`, the date as day/month/year
-- example: eu_time('"25/11/2026 13:05"') → "2026-11-25T13:05:00.000+00:00"
-- example: eu_time('"25-11-2026"') → "2026-11-25T00:00:00.000+00:00"
-- example: eu_time('"11/25/2026"') → "2026-25-11"
SELECT
(
    value -> eu_time_in(value, {time_zone:String})
) AS eu_time
