-- grain: one line of a drop, as the advertising impression that it stands for
-- source: drops under adbids/ with id, timestamp, publisher, domain and bid_price: CSV, NDJSON or Parquet
-- run again: the same rows; this SELECT only names things, the contract judges them
--
-- How to write a source. It is one SELECT over `lines`, passes on every column (`*`) and every line (no WHERE, no JOIN: lines are counted),
-- and adds `event`, a map from the event contract's fields to JSON tokens. `fields` holds the tokens of the line's own top-level keys;
-- a key that the line lacks is '', which is as absent, and so is 'null'. A token is JSON text, so a constant stands in double quotes.
-- To compute one, read it with JSONExtractString (or …Float, …Int) and write the result with toJSONString; for times without an offset:
--     'event_time', toJSONString(replaceOne(JSONExtractString(fields['timestamp']), ' ', 'T') || 'Z')
-- Keys of `event` that the contract does not name become attributes.
SELECT
    *,
    map(
        'event_id', fields['id'],
        'event_time', fields['timestamp'],
        'event_type', '"impression"',
        'campaign_id', fields['domain'],
        'publisher_id', fields['publisher'],
        'cost', fields['bid_price']) AS event
FROM lines
