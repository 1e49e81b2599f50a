-- grain: one event day, publisher, country and device
-- source: events, each identity once
-- run again: a rebuild of a day gives the same rows
-- follows: 3f495aa73f0c4ad4f7429206d57a3ef99ccee92c4d1dd80b25c1d6670870b556
-- column impressions: Impressions: sum of `quantity`
-- column clicks: Clicks: sum of `quantity`
-- column conversions: Conversions: sum of `quantity`
-- column cost: What the advertiser pays, in the currency of the drops
-- column revenue: What the events earned the advertiser, in the currency of the drops
-- column users: Distinct users, estimated to about half a percent; events without a user are left out
SELECT
    event_date,
    publisher_id,
    country,
    device,
    sumSimpleState(if(event_type = 'impression', quantity, 0)) AS impressions,
    sumSimpleState(if(event_type = 'click', quantity, 0))      AS clicks,
    sumSimpleState(if(event_type = 'conversion', quantity, 0)) AS conversions,
    sumSimpleState(cost)                                       AS cost,
    sumSimpleState(revenue)                                    AS revenue,
    uniqCombined64IfState(user_id, user_id != '')              AS users
FROM events
GROUP BY event_date, publisher_id, country, device
