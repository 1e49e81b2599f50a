-- Raw rows go when their event day is {{ days }} days old, counted in the reporting time zone.
-- Existing parts are not rewritten for it: the daily retention job drops what is overdue.
ALTER TABLE events {{ on_cluster }} MODIFY TTL toDateTime(event_date, {timezone:String}) + toIntervalDay({{ days }}) SETTINGS materialize_ttl_after_modify = 0
