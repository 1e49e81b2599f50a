-- grain: one row of AppsFlyer raw data, as an event: an impression, a click, or (an install, a re-engagement, an in-app event) a conversion
-- source: drops under appsflyer/: raw data reports as CSV, from the export page, the Pull API or Data Locker
--   (columns: support.appsflyer.com/hc/en-us/articles/208387843, the raw data field dictionary)
-- run again: the same events
--
-- event_id: a hash of what happened to whom and when (AppsFlyer ID, event name, event time, event value), as the reports have no id of their own.
--   Another revenue of the same event is a correction; two events that are alike in all four are one
-- event_time: as exported, in UTC; name the time zone below if the export was made in another one
-- campaign_id: the campaign's id, or its name, or else the media source
-- revenue: in US dollars (Event Revenue USD), or as sent; refunds are negative. cost: Cost Value
-- ignored: organic rows (no media source and no campaign), the second row of an event with double attribution, uninstalls
-- time zone: UTC
WITH
    -- `Event Time` of the reports is `event_time` in Data Locker
    mapApply((key, given) -> (replaceAll(replaceAll(lower(key), ' ', ''), '_', ''), given), fields) AS cells,
    name -> clean(cells[name]) AS cell,
    lower(as_text(cell('eventname'))) AS name,
    cell('mediasource') AS media_source,
    first_of([cell('campaignid'), cell('campaign')]) AS campaign,
    first_of([cell('eventtime'), cell('installtime')]) AS time,
    first_of([cell('devicecategory'), if(startsWith(lower(as_text(cell('devicetype'))), 'ipad'), '"tablet"', ''), cell('platform')]) AS kind_of_device,
    multiIf(
        lower(as_text(media_source)) = 'organic' OR first_of([media_source, campaign, cell('attributedtouchtype')]) = '', 'organic',
        lower(as_text(cell('isprimaryattribution'))) = 'false', 'not the primary attribution',
        startsWith(name, 'uninstall'), 'uninstall',
        '') AS because
SELECT
    *,
    because AS ignored_because,
    if(because != '', [], [map(
        'event_id', hash_id(arrayMap(token -> as_text(token), [cell('appsflyerid'), name, time, cell('eventvalue')])),
        'event_time', local_time(time),
        'event_type', multiIf(match(name, '^impressions?$'), '"impression"', match(name, '^clicks?$'), '"click"', '"conversion"'),
        'campaign_id', first_of([campaign, media_source]),
        'ad_id', first_of([cell('adid'), cell('ad')]),
        'publisher_id', media_source,
        'user_id', cell('appsflyerid'),
        'country', country(cell('countrycode')),
        'device', device(kind_of_device),
        'cost', money(cell('costvalue')),
        'revenue', money(first_of([cell('eventrevenueusd'), cell('eventrevenue')])),
        'event_name', cell('eventname'),
        'adset_id', first_of([cell('adsetid'), cell('adset')]),
        'site_id', cell('siteid'),
        'app_id', cell('appid'))]) AS events
FROM lines
