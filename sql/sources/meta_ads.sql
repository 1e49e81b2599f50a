-- grain: one row of a Meta (Facebook, Instagram) report by day, as up to three events: its impressions, its clicks, its conversions
-- source: drops under meta_ads/: an Ads Manager report with the breakdown "Day" as CSV (columns: facebook.com/business/help/1695754927158071), or rows
--   of the Insights API with time_increment=1 (developers.facebook.com/docs/marketing-api/reference/ads-insights). Names in English
-- run again: the same events. A report that is fetched again says the same (duplicates) or has restated its sums (corrections)
--
-- event_id: a hash of the day and of what the row is of (campaign, ad set, ad, country, age, gender, placement, …). A report with another breakdown
--   needs its column in `id`, or its rows correct each other. A count that has fallen to 0 is no event: forget the earlier drop
-- event_time: noon of the day in the account's time zone; name it below, if it is more than eleven hours from the reporting time zone
-- clicks: those on links, or all clicks where the report has no link clicks
-- conversions: purchases; or the results, where a row has no purchases and their kind is a conversion; or leads or installs
-- ignored: rows of totals, and rows without any sum. A row of several days is refused: invalid:event_time
-- format: header_with = ["Reporting starts", "Campaign name", "Campaign ID", "Day"]
-- time zone: UTC
WITH
    plain_keys(fields) AS cells,
    names -> clean(first_of(arrayMap(name -> cells[name], names))) AS cell,
    as_text(cell(['reportingstarts', 'datestart'])) AS first_day,
    as_text(cell(['reportingends', 'datestop'])) AS last_day,
    as_text(cell(['day', 'date'])) AS own_day,
    multiIf(own_day != '', own_day, first_day = last_day, first_day, concat(first_day, ' to ', last_day)) AS day,
    as_text(cell(['hourlystatsaggregatedbyadvertisertimezone', 'timeofdayadaccounttimezone'])) AS hour,
    cell(['campaignid', 'campaignname', 'campaign']) AS campaign,
    cell(['adsetid', 'adsetname']) AS ad_set,
    cell(['adid', 'adname']) AS ad,
    cell(['country', 'countrycode']) AS in_country,
    cell(['publisherplatform', 'platform']) AS placed_on,
    ['omni_purchase', 'purchase', 'offsite_conversion.fb_pixel_purchase'] AS purchase,
    actions -> first_of(arrayMap(
        type -> JSONExtractRaw(arrayFirst(action -> JSONExtractString(action, 'action_type') = type, JSONExtractArrayRaw(actions)), 'value'),
        purchase)) AS purchases_in,
    match(lower(as_text(cell(['resultindicator', 'resulttype']))), 'purchase|lead|conversion|install|registration|subscri|checkout') AS has_results,
    mapContains(cells, 'linkclicks') OR mapContains(cells, 'inlinelinkclicks') AS has_link_clicks,
    arrayFirst(name -> match(name, '^(amountspent|spend$)'), mapKeys(cells)) AS spent,
    hash_id(arrayMap(token -> as_text(token), [
        day, hour, campaign, ad_set, ad, in_country, cell(['region', 'dma']), cell(['age']), cell(['gender']), placed_on,
        cell(['platformposition', 'placement']), cell(['deviceplatform']), cell(['impressiondevice'])])) AS id,
    sums_of_a_day((
        map(
            'event_id', id,
            'event_time', local_time(concat(day, ' ', if(hour = '', '12:00', substring(hour, 1, 5)))),
            'campaign_id', campaign,
            'ad_id', ad,
            'publisher_id', placed_on,
            'country', if(lower(as_text(in_country)) IN ('unknown', 'other'), '', country(in_country)),
            'device', device(cell(['impressiondevice', 'deviceplatform'])),
            'currency', if(cells['accountcurrency'] = '', as_token(upper(extract(spent, '^amountspent(.*)$'))), cells['accountcurrency'])),
        [
            cell(['impressions']),
            if(has_link_clicks, cell(['linkclicks', 'inlinelinkclicks']), cell(['clicksall', 'clicks'])),
            first_of([
                cell(['purchases', 'websitepurchases']), purchases_in(cells['actions']), if(has_results, cell(['results']), ''),
                cell(['leads', 'websiteleads', 'appinstalls'])])],
        cells[spent],
        if(cells['actionvalues'] = '', cell(['purchasesconversionvalue', 'websitepurchasesconversionvalue', 'purchaseconversionvalue']),
            purchases_in(cells['actionvalues'])))) AS sums,
    first_of([campaign, ad_set, ad, cell(['accountid', 'accountname'])]) = '' AS is_total
SELECT
    *,
    multiIf(is_total, 'a row of totals', empty(sums), 'no sums', '') AS ignored_because,
    if(is_total, [], sums) AS events
FROM lines
