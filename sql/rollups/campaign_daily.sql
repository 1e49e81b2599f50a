-- grain: one event day, campaign and ad
-- source: events, each identity once
-- run again: a rebuild of a day gives the same rows
-- Columns that are not aggregate states are the rollup's dimensions. `event_date` has to be among them.
SELECT
    event_date,
    campaign_id,
    ad_id,
    sumSimpleState(toUInt64(event_type = 'impression')) AS impressions,
    sumSimpleState(toUInt64(event_type = 'click'))      AS clicks,
    sumSimpleState(toUInt64(event_type = 'conversion')) AS conversions,
    sumSimpleState(cost)                                AS cost,
    sumSimpleState(revenue)                             AS revenue,
    uniqCombined64IfState(user_id, user_id != '')       AS users
FROM events
GROUP BY event_date, campaign_id, ad_id
