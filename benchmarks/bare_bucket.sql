-- What somebody writes who has no pipeline: a typed INSERT … SELECT of one object of a bucket into the same table with the same views.
INSERT INTO events
    (event_id, event_time, event_type, campaign_id, ad_id, publisher_id, user_id, country, device, cost, revenue, attributes,
    event_date, drop, line_number, origin, version)
SELECT
    event_id, parseDateTime64BestEffort(event_time, 3, 'UTC') AS event_time, event_type, campaign_id, ad_id, publisher_id, user_id,
    country, device, cost, revenue, attributes, toDate(event_time) AS event_date, 'bare', 0, 'bare', 1
FROM s3({url:String}, {key:String}, {secret:String}, 'JSONEachRow', 'event_id String, event_time String, event_type String,
    campaign_id String, ad_id String, publisher_id String, user_id String, country String, device String, cost Decimal(18, 6),
    revenue Decimal(18, 6), attributes Map(String, String)')
