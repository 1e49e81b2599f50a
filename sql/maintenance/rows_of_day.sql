-- grain: one row: how many events a table holds of an event day, each once
SELECT count() FROM {{ table }} FINAL WHERE event_date = {day:Date}
