-- grain: one event day, publisher, country and device
-- source: events, each identity once
-- run again: a rebuild of a day gives the same rows
SELECT
    event_date,
    publisher_id,
    country,
    device,
    sumSimpleState(toUInt64(event_type = 'impression')) AS impressions,
    sumSimpleState(toUInt64(event_type = 'click'))      AS clicks,
    sumSimpleState(toUInt64(event_type = 'conversion')) AS conversions,
    sumSimpleState(cost)                                AS cost,
    sumSimpleState(revenue)                             AS revenue,
    uniqCombined64IfState(user_id, user_id != '')       AS users
FROM events
GROUP BY event_date, publisher_id, country, device
