-- grain: one row: how many rows the table holds for a range of event days
SELECT count() FROM {{ table }} FINAL WHERE event_date BETWEEN {first:Date} AND {last:Date}
