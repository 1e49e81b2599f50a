-- grain: one event of the GA4 export to BigQuery, as a conversion, or (ads in an app) an impression or a click
-- source: drops under ga4/: rows of events_YYYYMMDD, exported as NDJSON or Parquet (columns: support.google.com/analytics/answer/7029846)
-- run again: the same events; a day that was exported again too
--
-- event_id: a hash of what GA4 tells events apart by: user_pseudo_id, event_timestamp, event_name, event_bundle_sequence_id and the batch ids
-- event_time: event_timestamp, microseconds since 1970 in UTC
-- event_type: the names below; add your own key events to `conversions`
-- campaign_id: the campaign of the session's last click, else of the event, else the user's first one: its id, or its name; `none` without one
-- revenue: in US dollars, rounded to nine decimals (the export has floating point numbers); that of a refund is negative
-- ignored: all other events, by their names
WITH
    ['purchase', 'in_app_purchase', 'refund', 'generate_lead', 'sign_up', 'first_open', 'app_store_subscription_convert'] AS conversions,
    name -> clean(fields[name]) AS cell,
    lower(as_text(cell('event_name'))) AS name,
    JSONExtractArrayRaw(fields['event_params']) AS params,
    (object, key, inner) -> clean(JSONExtractRaw(object, key, inner)) AS within,
    key -> arrayMap(
        found -> first_of([clean(JSONExtractRaw(found, 'string_value')), clean(JSONExtractRaw(found, 'int_value')),
            clean(JSONExtractRaw(found, 'double_value')), clean(JSONExtractRaw(found, 'float_value'))]),
        [JSONExtractRaw(arrayFirst(param -> JSONExtractString(param, 'key') = key, params), 'value')])[1] AS param,
    multiIf(name = 'ad_impression', '"impression"', name = 'ad_click', '"click"', has(conversions, name), '"conversion"', '') AS type,
    fields['session_traffic_source_last_click'] AS last_click,
    fields['collected_traffic_source'] AS collected,
    -- (direct), (organic), (data deleted), <Other>: no campaign is known
    arrayFirst(token -> token != '' AND NOT match(token, '^"[(<]'), [
        within(last_click, 'google_ads_campaign', 'campaign_id'),
        within(last_click, 'manual_campaign', 'campaign_id'),
        clean(JSONExtractRaw(collected, 'manual_campaign_id')),
        param('campaign_id'),
        within(last_click, 'google_ads_campaign', 'campaign_name'),
        within(last_click, 'manual_campaign', 'campaign_name'),
        clean(JSONExtractRaw(collected, 'manual_campaign_name')),
        param('campaign'),
        clean(JSONExtractRaw(fields['traffic_source'], 'name')),
        if(startsWith(name, 'ad_'), first_of([param('ad_unit_code'), param('ad_unit_name'), param('ad_unit_id')]), ''),
        '"none"']) AS campaign,
    fields['ecommerce'] AS shop,
    first_of(if(name = 'refund',
        [clean(JSONExtractRaw(shop, 'refund_value_in_usd')), cell('event_value_in_usd'), clean(JSONExtractRaw(shop, 'refund_value')), param('value')],
        [clean(JSONExtractRaw(shop, 'purchase_revenue_in_usd')), cell('event_value_in_usd'), clean(JSONExtractRaw(shop, 'purchase_revenue')),
            param('value')])) AS value,
    round(toFloat64OrNull(as_text(value)), 9) AS amount,
    multiIf(type != '', '', name = '', 'no event name', name) AS because
SELECT
    *,
    because AS ignored_because,
    if(because != '', [], [map(
        'event_id', hash_id(arrayMap(token -> as_text(token), [
            cell('user_pseudo_id'), cell('event_timestamp'), name, cell('event_bundle_sequence_id'),
            cell('batch_page_id'), cell('batch_ordering_id'), cell('batch_event_index')])),
        'event_time', epoch_micros(cell('event_timestamp')),
        'event_type', type,
        'campaign_id', campaign,
        'publisher_id', arrayFirst(token -> token != '' AND NOT match(token, '^"[(<]'), [within(last_click, 'manual_campaign', 'source'),
            clean(JSONExtractRaw(collected, 'manual_source')), param('ad_source'), param('source'),
            clean(JSONExtractRaw(fields['traffic_source'], 'source'))]),
        'user_id', first_of([cell('user_id'), cell('user_pseudo_id')]),
        'country', country(clean(JSONExtractRaw(fields['geo'], 'country'))),
        'device', device(clean(JSONExtractRaw(fields['device'], 'category'))),
        'revenue', if(value = '', '', as_token(coalesce(
            toString(toDecimal128OrNull(toString(if(name = 'refund', -abs(amount), amount)), 9)), as_text(value)))),
        'event_name', cell('event_name'),
        'transaction_id', clean(JSONExtractRaw(shop, 'transaction_id')),
        'platform', cell('platform'))]) AS events
FROM lines
