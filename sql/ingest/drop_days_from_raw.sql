-- grain: one drop and event day that a replay touched: how many identities the drop brought first
-- source: `events FINAL`, so that a replay that died and ran again counts once
INSERT INTO drop_days (drop, event_date, accepted, revision)
SELECT origin AS drop, event_date, count() AS accepted, {revision:UInt64} AS revision
FROM events FINAL
WHERE event_date IN {days:Array(Date)} AND origin GLOBAL IN (SELECT drop FROM {{ batch }})
GROUP BY origin, event_date
