-- grain: one row: how many rows the rollup has for a range of event days
SELECT count() FROM (SELECT DISTINCT {{ columns }} FROM {{ table }} WHERE event_date BETWEEN {first:Date} AND {last:Date})
