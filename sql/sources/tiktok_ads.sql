-- grain: one row of a TikTok Ads report by day, as up to three events: its impressions, its clicks, its conversions
-- source: drops under tiktok_ads/: an Ads Manager report by day as CSV (columns: ads.tiktok.com/help/article/metrics-glossary), or rows of the
--   reporting API (business-api.tiktok.com/portal/docs?id=1751443967255553), with dimensions and metrics side by side. Names in English
-- run again: the same events. A report that is fetched again says the same (duplicates) or has restated its sums (corrections)
--
-- event_id: a hash of the day and of what the row is of (campaign, ad group, ad, country, age, gender, placement, …). A report with another breakdown
--   needs its column in `id`, or its rows correct each other. A count that has fallen to 0 is no event: forget the earlier drop
-- event_time: noon of the day in the account's time zone; name it below, if it is more than eleven hours from the reporting time zone
-- clicks: those that lead to the destination, or all clicks where the report has no others
-- ignored: the row of totals at the end, and rows without any sum
-- format: header_with = ["Campaign name", "Campaign ID", "By Day", "Date"]
-- time zone: UTC
WITH
    plain_keys(fields) AS cells,
    names -> clean(first_of(arrayMap(name -> cells[name], names))) AS cell,
    as_text(cell(['byday', 'date', 'day', 'stattimeday', 'stattimehour', 'byhour'])) AS at,
    if(match(at, '^[0-9-]{10}( 00:00:00)?$') AND cells['stattimehour'] = '', substring(at, 1, 10) || ' 12:00', at) AS time,
    cell(['campaignid', 'campaignname', 'campaign']) AS campaign,
    cell(['adid', 'adname']) AS ad,
    cell(['countrycode', 'country', 'location']) AS in_country,
    arrayFirst(name -> match(name, '^(cost|spend|totalcost|amountspent)([a-z]{3})?$'), mapKeys(cells)) AS spent,
    hash_id(arrayMap(token -> as_text(token), [
        time, campaign, cell(['adgroupid', 'adgroupname']), ad, in_country, cell(['age']), cell(['gender']), cell(['placement']),
        cell(['platform', 'os', 'operatingsystem'])])) AS id,
    sums_of_a_day((
        map(
            'event_id', id,
            'event_time', local_time(time),
            'campaign_id', campaign,
            'ad_id', ad,
            'country', if(match(lower(as_text(in_country)), '^(none|unknown|other)'), '', country(in_country)),
            'currency', cell(['currency'])),
        [
            cell(['impressions', 'impression']),
            cell(['clicksdestination', 'clicks', 'clicksall']),
            cell(['conversions', 'conversion', 'totalconversions', 'totalpurchase', 'purchases', 'totalcompletepayment'])],
        cells[spent],
        cell(['totalpurchasevalue', 'purchasevalue', 'totalcompletepaymentvalue', 'completepaymentvalue', 'totalconversionvalue', 'conversionvalue',
            'grossrevenue', 'totalrevenue']))) AS sums,
    match(as_text(first_of([cells['campaignname'], cells['campaign'], cells['campaignid'], cells['byday']])), '^Total') AS is_total
SELECT
    *,
    multiIf(is_total, 'a row of totals', empty(sums), 'no sums', '') AS ignored_because,
    if(is_total, [], sums) AS events
FROM lines
