-- grain: one activity of an Adjust raw data export, as an event: an impression, a click, or (an install, a reattribution, an in-app event, …) a conversion
-- source: drops under adjust/: CSV uploads to cloud storage, whose columns are placeholders chosen in the CSV definition, as `{installed_at}` or
--   renamed `installed_at` (placeholders: help.adjust.com/en/article/raw-data-exports). Needed: activity_kind, created_at, adid (or another device id),
--   tracker, network_name, campaign_name, event. Used where they are there: those below
-- run again: the same events
--
-- event_id: a hash of what happened to whom and when (activity, device, time, event token, link), as an activity has no id of its own
-- event_time: created_at, seconds since 1970 in UTC
-- campaign_id: the campaign's name, or else the link's. Adjust has no placeholder for a campaign's id that holds for every network
-- revenue: in the reporting currency, or in US dollars, or as sent; `{revenue}` is in cents. Refunds are negative
-- ignored: sessions, organic and rejected activities, and all others that are not named below
WITH
    plain_keys(fields) AS cells,
    names -> clean(first_of(arrayMap(name -> cells[name], names))) AS cell,
    replaceRegexpAll(lower(as_text(cells['activitykind'])), '[ -]', '_') AS kind,
    multiIf(
        kind IN ('impression', 'san_impression'), '"impression"',
        kind IN ('click', 'san_click'), '"click"',
        kind IN ('install', 'san_install', 'reattribution', 'reinstall', 'reattribution_reinstall', 'event', 'in_app_event', 'ad_revenue', 'subscription'),
        '"conversion"',
        '') AS type,
    cell(['adid', 'gpsadid', 'idfa', 'idfv', 'fireadid', 'oaid', 'randomuserid']) AS who,
    cell(['createdat', 'impressiontime', 'clicktime', 'installedat']) AS time,
    cell(['networkname']) AS network,
    lower(as_text(cell(['devicetype']))) AS kind_of_device,
    -- cents are hundredths: ten thousand micros each
    concat(as_text(cell(['revenue', 'revenueusdcents'])), '0000') AS micros_of_cents,
    multiIf(
        type = '', if(kind = '', 'no activity kind', kind),
        lower(as_text(cell(['isorganic']))) IN ('1', 'true', 'yes') OR lower(as_text(network)) = 'organic', 'organic',
        '') AS because
SELECT
    *,
    because AS ignored_because,
    if(because != '', [], [map(
        'event_id', hash_id(arrayMap(token -> as_text(token), [
            as_token(kind), who, time, cell(['event', 'eventname']), cell(['tracker', 'trackername', 'campaignname']),
            cell(['transactionid', 'clickid', 'impressionid'])])),
        'event_time', if(match(time, '^"?[0-9]+"?$'), if(length(as_text(time)) > 11, epoch_millis(time), epoch_seconds(time)), local_time(time)),
        'event_type', type,
        'campaign_id', cell(['campaignname', 'trackername', 'networkname', 'tracker']),
        'ad_id', cell(['creativename']),
        'publisher_id', network,
        'user_id', who,
        'country', country(cell(['country', 'countrycode'])),
        'device', if(match(kind_of_device, '^(bot|unknown)$'), '"other"', device(as_token(kind_of_device))),
        'cost', money(cell(['reportingcost', 'costamount'])),
        'revenue', multiIf(
            cell(['reportingrevenue', 'revenueusd', 'revenuefloat']) != '', money(cell(['reportingrevenue', 'revenueusd', 'revenuefloat'])),
            micros_of_cents = '0000', '',
            micros(as_token(micros_of_cents))),
        'activity_kind', as_token(kind),
        'event_name', cell(['eventname', 'event']),
        'adgroup', cell(['adgroupname']))]) AS events
FROM lines
