-- grain: one auction, as an impression for each `imp` that it offers: of a log of bid requests and their responses
-- source: drops under openrtb/: NDJSON, one auction a line: a time, and OpenRTB 2.x objects (github.com/InteractiveAdvertisingBureau/openrtb2.x),
--   `{"timestamp": …, "request": {…}, "response": {…}}`, or the request's own keys with `timestamp` and perhaps `seatbid` beside them
-- run again: the same events
--
-- event_id: the request's id and the imp's. A click or a conversion of that id is another event, as its type is another
-- event_time: `timestamp`, `ts` or `time` of the line: RFC 3339, or seconds, milliseconds or microseconds since 1970
-- campaign_id: `cid` of the highest bid for the imp, else its advertiser's domain, else the imp's first deal; `none` where a log has requests alone
-- cost: the price of that bid for one impression, to nine decimals: a thousandth of `price`, which is for a thousand
-- quantity: `imp.qty.multiplier` (screens that many people see), else 1
-- ignored: lines without an imp; and, where a line has a response, an imp without a bid: a line without any is ignored
WITH
    names -> first_of(arrayMap(name -> fields[name], names)) AS key,
    (object, name) -> clean(JSONExtractRaw(object, name)) AS within,
    key(['request', 'bid_request', 'bidrequest', 'bidRequest', 'openrtb']) AS request,
    name -> if(request = '', fields[name], JSONExtractRaw(request, name)) AS asked,
    ['response', 'bid_response', 'bidresponse', 'bidResponse', 'seatbid'] AS answers,
    arrayExists(name -> mapContains(fields, name), answers) AS is_answered,
    key(['response', 'bid_response', 'bidresponse', 'bidResponse']) AS response,
    arrayFlatten(arrayMap(
        seat -> JSONExtractArrayRaw(seat, 'bid'),
        JSONExtractArrayRaw(if(response = '', fields['seatbid'], JSONExtractRaw(response, 'seatbid'))))) AS bids,
    JSONExtractArrayRaw(asked('imp')) AS imps,
    -- of each imp's bids the highest, the first of equals: sorted by the imp's id, bids before imps, so that no imp looks through all bids
    arraySort(item -> (item.1, item.2, item.3, item.4), arrayConcat(
        arrayMap((bid, place) -> (within(bid, 'impid'), 0, JSONExtractFloat(bid, 'price'), -toInt64(place), bid), bids, arrayEnumerate(bids)),
        arrayMap((imp, place) -> (within(imp, 'id'), 1, 0., toInt64(place), imp), imps, arrayEnumerate(imps)))) AS sorted,
    arrayMap(
        (item, bid) -> (item.5, if((bid.1, bid.2) = (item.1, 0), bid.5, ''), item.4, item.2), sorted, arrayFill(item -> item.2 = 0, sorted)) AS met,
    arraySort(offer -> offer.3, arrayFilter(offer -> offer.4 = 1, met)) AS offers,
    arrayFilter(offer -> NOT is_answered OR offer.2 != '', offers) AS taken,
    first_of([asked('site'), asked('app'), asked('dooh')]) AS place,
    clean(key(['timestamp', 'ts', 'time', 'event_time', 'datetime'])) AS at,
    length(splitByChar('.', as_text(at))[1]) AS digits,
    JSONExtractRaw(asked('device'), 'geo', 'country') AS in_country,
    as_text(first_of([clean(in_country), JSONExtractRaw(asked('user'), 'geo', 'country')])) AS land,
    country(as_token(land)) AS land_code
SELECT
    *,
    multiIf(empty(offers), 'no imp', empty(taken), 'no bid', '') AS ignored_because,
    arrayMap(offer -> map(
        'event_id', as_token(concat(as_text(asked('id')), '/', as_text(JSONExtractRaw(offer.1, 'id')))),
        'event_time', multiIf(
            NOT match(as_text(at), '^[0-9.]+$'), local_time(at), digits > 14, epoch_micros(at), digits > 11, epoch_millis(at), epoch_seconds(at)),
        'event_type', '"impression"',
        'campaign_id', first_of([within(offer.2, 'cid'), JSONExtractRaw(offer.2, 'adomain', 1),
            clean(JSONExtractRaw(offer.1, 'pmp', 'deals', 1, 'id')), '"none"']),
        'ad_id', first_of([within(offer.2, 'crid'), within(offer.2, 'adid')]),
        'publisher_id', first_of([JSONExtractRaw(place, 'publisher', 'id'), within(place, 'domain'), within(place, 'bundle'), within(place, 'id')]),
        'user_id', first_of([within(asked('user'), 'id'), within(asked('user'), 'buyeruid'), within(asked('device'), 'ifa')]),
        'country', if(match(land, '^[A-Za-z]{2,3}$') AND length(land_code) = 4, land_code, ''),
        'device', device_openrtb(JSONExtractRaw(asked('device'), 'devicetype')),
        'quantity', if(JSONExtractFloat(offer.1, 'qty', 'multiplier') < 1, '', whole_number(JSONExtractRaw(offer.1, 'qty', 'multiplier'))),
        'cost', as_token(coalesce(toString(round(toDecimal128OrNull(as_text(within(offer.2, 'price')), 12) / 1000, 9)), as_text(within(offer.2, 'price')))),
        'tagid', within(offer.1, 'tagid'),
        'seat_bid', within(offer.2, 'id')), taken) AS events
FROM lines
