-- grain: one bid of the public set AdBids
-- source: drops under adbids/: id, timestamp, publisher, domain, bid_price
-- run again: a bid is told by its day and id, so the same file under another name is all duplicates
-- The values of `event` are JSON values as they stand in the line, so a constant text carries its quotes.
SELECT
    drop_no,
    line_number,
    line,
    map(
        'event_id',     fields['id'],
        'event_time',   fields['timestamp'],
        'event_type',   '"impression"',
        'campaign_id',  fields['domain'],
        'publisher_id', fields['publisher'],
        'cost',         fields['bid_price']
    ) AS event
FROM lines
