-- grain: one row of a Google Ads report by day (and by ad, device, …), as up to three events: its impressions, its clicks, its conversions
-- source: drops under google_ads/: a report of the web interface as CSV (columns: support.google.com/google-ads/answer/2454071), or rows of the API or
--   its BigQuery transfer as NDJSON or Parquet (columns: developers.google.com/google-ads/api/fields/latest/overview). Names in English
-- run again: the same events. A report that is fetched again says the same (duplicates) or has restated its sums (corrections)
--
-- event_id: a hash of the day and of what the row is of (campaign, ad group, ad, keyword, device, network, conversion action, …). A report with another
--   breakdown needs its column in `id`, or its rows correct each other. A count that has fallen to 0 is no event: forget the earlier drop
-- event_time: noon of the day in the account's time zone; name it below, if it is more than eleven hours from the reporting time zone
-- quantity: whole; fractional conversions are rounded, and kept as they were in attributes['conversions']
-- ignored: rows of totals, and rows without any sum
-- format: header_with = ["Day", "Date", "Impr.", "Campaign ID"]
-- time zone: UTC
WITH
    mapApply((key, token) -> (replaceRegexpOne(key, '^(metrics|segments)', ''), token), plain_keys(fields)) AS cells,
    names -> clean(first_of(arrayMap(name -> cells[name], names))) AS cell,
    as_text(cell(['day', 'date'])) AS day,
    as_text(cell(['hour', 'hourofday', 'hourofday'])) AS hour,
    cell(['campaignid', 'campaign', 'campaignname']) AS campaign,
    cell(['adid', 'adgroupadadid']) AS ad,
    cell(['conversions']) AS conversions,
    hash_id(arrayMap(token -> as_text(token), [day, hour, campaign, cell(['adgroupid', 'adgroup', 'adgroupname']), ad, cell(['device']),
        cell(['keywordid', 'searchkeyword', 'keyword']), cell(['searchterm']), cell(['network', 'networkwithsearchpartners', 'adnetworktype']),
        cell(['conversionaction', 'conversionactionname']), cell(['clicktype']), cell(['country', 'countryterritory']), cell(['age']),
        cell(['gender'])])) AS id,
    sums_of_a_day((
        map(
            'event_id', id,
            'event_time', local_time(concat(day, ' ', leftPad(if(hour = '', '12', hour), 2, '0'), ':00')),
            'campaign_id', campaign,
            'ad_id', ad,
            'device', device(cell(['device'])),
            'currency', cell(['currencycode', 'currency', 'customercurrencycode']),
            'conversions', if(match(conversions, '[.]0*[1-9]'), conversions, '')),
        [cell(['impr', 'impressions']), cell(['clicks']), conversions],
        if(cells['costmicros'] = '', cell(['cost']), micros(cells['costmicros'])),
        cell(['convvalue', 'conversionsvalue', 'conversionvalue']))) AS sums,
    startsWith(as_text(first_of([cells['day'], cells['date'], cells['campaign'], cells['campaignname']])), 'Total') AS is_total
SELECT
    *,
    multiIf(is_total, 'a row of totals', empty(sums), 'no sums', '') AS ignored_because,
    if(is_total, [], sums) AS events
FROM lines
