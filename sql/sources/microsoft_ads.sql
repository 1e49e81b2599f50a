-- grain: one row of a Microsoft Advertising report by day or by hour, as up to three events: its impressions, its clicks, its conversions
-- source: drops under microsoft_ads/: a performance report as CSV (columns: learn.microsoft.com/advertising/reporting-service, AdPerformanceReportColumn
--   and the like)
-- run again: the same events. A report that is fetched again says the same (duplicates) or has restated its sums (corrections)
--
-- event_id: a hash of the period and of what the row is of (campaign, ad group, ad, keyword, device, network, …). A report with another attribute needs
--   its column in `id`, or its rows correct each other. A count that has fallen to 0 is no event: forget the earlier drop
-- event_time: noon of the day, or the hour, in the time zone of the report; name it below. 11/3/2025 is month/day/year
-- ignored: the line of copyright at the end, and rows without any sum
-- format: header_with = ["TimePeriod", "GregorianDate", "Gregorian date"]
-- time zone: UTC
WITH
    plain_keys(fields) AS cells,
    names -> clean(first_of(arrayMap(name -> cells[name], names))) AS cell,
    as_text(cell(['timeperiod', 'gregoriandate', 'date', 'day'])) AS period,
    splitByChar('|', period)[1] AS day,
    first_of([splitByChar('|', period)[2], as_text(cell(['hourofday', 'hour'])), '12']) AS hour,
    cell(['campaignid', 'campaignname', 'campaign']) AS campaign,
    cell(['adid', 'adtitle']) AS ad,
    us_time(concat(day, ' ', leftPad(hour, 2, '0'), ':00')) AS time,
    hash_id(arrayMap(token -> as_text(token), [
        time, campaign, cell(['adgroupid', 'adgroupname', 'adgroup', 'assetgroupid']), ad, cell(['keywordid', 'keyword']),
        cell(['devicetype', 'device']), cell(['network', 'addistribution']), cell(['country', 'countrycode']), cell(['goalid', 'goal']),
        cell(['searchquery'])])) AS id,
    sums_of_a_day((
        map(
            'event_id', id,
            'event_time', time,
            'campaign_id', campaign,
            'ad_id', ad,
            'device', device(cell(['devicetype', 'device'])),
            'currency', cell(['currencycode', 'currency'])),
        [cell(['impressions', 'impr']), cell(['clicks']), cell(['conversions', 'conv', 'conversionsqualified'])],
        cell(['spend', 'cost']),
        cell(['revenue']))) AS sums,
    position(period, 'Microsoft Corporation') > 0 AS is_footer
SELECT
    *,
    multiIf(is_footer, 'the copyright', empty(sums), 'no sums', '') AS ignored_because,
    if(is_footer, [], sums) AS events
FROM lines
