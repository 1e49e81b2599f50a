-- grain: one line of a bid log without a header, as an impression, a click or a conversion
-- source: drops under bid_log/: tab-separated text (.tsv) with the columns named below, in this order. Copy this file for a log of your own
--   (ADS_SQL_DIR, see docs/sources.md), and name the columns as your log has them: the line `-- format:` is all that says where they are
-- run again: the same events
--
-- event_id: the auction's id; its impression, its click and its conversion share it, and are told apart by their types
-- event_time: milliseconds since 1970 in UTC
-- cost: the clearing price of an impression, from a price for a thousand
-- ignored: bids, wins, losses and whatever else is none of the three
-- format: quote = "", columns = ["timestamp", "auction_id", "event", "campaign_id", "creative_id", "domain", "user_id", "country", "device_type", "cpm"]
WITH
    lower(as_text(clean(fields['event']))) AS event_name,
    multiIf(
        event_name IN ('imp', 'impression'), '"impression"',
        event_name = 'click', '"click"',
        event_name IN ('conv', 'conversion'), '"conversion"',
        '') AS type
SELECT
    *,
    multiIf(type != '', '', event_name = '', 'no event', event_name) AS ignored_because,
    if(type = '', [], [map(
        'event_id', fields['auction_id'],
        'event_time', epoch_millis(fields['timestamp']),
        'event_type', type,
        'campaign_id', fields['campaign_id'],
        'ad_id', clean(fields['creative_id']),
        'publisher_id', clean(fields['domain']),
        'user_id', clean(fields['user_id']),
        'country', country(fields['country']),
        'device', device(fields['device_type']),
        'cost', if(type = '"impression"', cpm(fields['cpm']), ''))]) AS events
FROM lines
