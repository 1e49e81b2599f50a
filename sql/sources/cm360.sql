-- grain: one row of a Campaign Manager 360 Data Transfer file, as an impression, a click or a conversion
-- source: drops under cm360/: impression, click and activity files of Data Transfer v2.0, as they lie in Cloud Storage (.csv.gz)
--   (columns: developers.google.com/doubleclick-advertisers/dtv2/reference/file-format)
-- run again: the same events. Files of the same hour that are delivered twice repeat each other: their rows are duplicates
--
-- event_id: the Impression ID of an impression; of a click or an activity, which have no id of their own, a hash of what tells them apart
-- event_time: Event Time, microseconds since 1970 in UTC
-- quantity: Total Conversions of an activity. revenue: Total Revenue, which is in millions of dollars. cost: DV360 Media Cost (USD), in billionths
-- ignored: unattributed activities (Campaign ID 0), and rows that are none of the three (rich media)
WITH
    -- `Event Time` of the files is `Event_Time` in BigQuery
    mapApply((key, given) -> (replaceAll(replaceAll(lower(key), ' ', ''), '_', ''), given), fields) AS cells,
    name -> clean(cells[name]) AS cell,
    upper(as_text(cell('eventtype'))) AS kind,
    cell('campaignid') AS campaign,
    multiIf(cell('activityid') != '', '"conversion"', kind = 'VIEW', '"impression"', kind = 'CLICK', '"click"', '') AS type,
    as_text(first_of([cell('dv360mediacost(usd)'), cell('dbmmediacost(usd)'), cell('dv360mediacostusd'), cell('dbmmediacostusd')])) AS nanos,
    as_text(cell('totalrevenue')) AS millions,
    multiIf(
        type = '', 'neither impression, click nor activity',
        type = '"conversion"' AND as_text(campaign) IN ('', '0'), 'unattributed',
        '') AS because
SELECT
    *,
    because AS ignored_because,
    if(because != '', [], [map(
        'event_id', if(type = '"impression"' AND cell('impressionid') != '', cell('impressionid'), hash_id(arrayMap(token -> as_text(token), [
            cell('impressionid'), cell('eventtime'), cell('userid'), cell('activityid'), cell('ordvalue'), cell('interactiontime'),
            cell('adid'), cell('placementid')]))),
        'event_time', epoch_micros(cell('eventtime')),
        'event_type', type,
        'campaign_id', campaign,
        'ad_id', cell('adid'),
        'publisher_id', first_of([cell('siteid(cm360)'), cell('siteid(dcm)'), cell('siteidcm360'), cell('siteiddcm'), cell('siteid')]),
        'user_id', if(as_text(cell('userid')) = '0', '', cell('userid')),
        'country', country(cell('countrycode')),
        'quantity', if(type != '"conversion"' OR as_text(cell('totalconversions')) IN ('', '0'), '', whole_number(cell('totalconversions'))),
        'cost', if(nanos = '', '', as_token(coalesce(toString(toDecimal128OrNull(nanos, 0) * toDecimal128('0.000000001', 9)), nanos))),
        'revenue', if(millions = '', '', as_token(coalesce(toString(CAST(toDecimal256OrNull(millions, 15) * 1000000, 'Nullable(Decimal(38, 9))')), millions))),
        'placement_id', cell('placementid'),
        'activity_id', cell('activityid'))]) AS events
FROM lines
