-- Raw rows go when their event day is {{ days }} days old, which is a margin behind the retention that the daily job enforces.
-- By day numbers: no time zone without a midnight moves it, and no sum of days overflows.
-- Existing parts are not rewritten for it
-- run again: no change
ALTER TABLE {{ table }} {{ on_cluster }}
MODIFY TTL toDate(least(toUInt32(event_date) + {{ days }}, 65535)) SETTINGS materialize_ttl_after_modify = 0
