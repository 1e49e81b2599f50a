-- local_time(value): a time as exports write it, year first or day first with dots, in the time zone that the header line `-- time zone:` names
--   (UTC without one). Seconds and minutes may be missing, or all of the time of day; AM and PM are read. An offset within the text wins.
--   In the hour that stands twice when clocks go back, the first one is meant; a time that clocks skip counts from before: 02:30 is 03:30.
-- example: local_time('"2026-11-25 13:05:00"') → "2026-11-25T13:05:00.000+00:00"
-- example: local_time('"25.11.2026 13:05"') → "2026-11-25T13:05:00.000+00:00"
-- example: local_time('"Nov 25, 2026, 1:05 PM"') → "2026-11-25T13:05:00.000+00:00"
-- example: local_time('"25/Nov/2026:13:05:06 +0100"') → "2026-11-25T13:05:06.000+01:00"
-- example: local_time('"20261125"') → "2026-11-25T00:00:00.000+00:00"
-- example: local_time('"2026-11-25 13:05:00 UTC"') → "2026-11-25T13:05:00.000Z"
-- example: local_time('"2026-02-30"') → "2026-02-30"
SELECT
(
    value -> local_time_in(value, {time_zone:String})
) AS local_time
