-- grain: one event of some event days, each identity once: what a rollup is computed of
-- source: `events`
SELECT * FROM {{ database }}.events FINAL WHERE event_date IN {days:Array(Date)} AND {{ fence }}
