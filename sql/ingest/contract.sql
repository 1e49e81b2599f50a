-- grain: one line of a batch's drops that is not empty
-- source: the lines as they lie in the drops (part `lines`: drop_no, line_number, line), read through a source (part `source`)
-- yields: drop_no, line_number, the payload columns of `events`, event_date, reasons (empty: accepted), line (whole if refused, else empty);
--   a refused line has the defaults in all payload columns
-- parameters: latest (now + max_future, UTC), first_day (the oldest day kept), timezone (the reporting time zone)
-- run again: the same rows
--
-- The same contract stands in ads_pipeline/contract.py; a property test holds the two equal.
--
-- A *token* is a top-level value of the line as compact JSON text: strings in quotes and escaped only where they must be, numbers as 64-bit
-- integers or shortest doubles (1.50 is 1.5, 1e2 is 100), an integer beyond 64 bits as a string of its digits; '' where the key is absent.
--
-- This is the hot path, so every line is parsed once and the order of things matters. ClickHouse runs what stands only within the branches
-- of if, multiIf, AND and OR lazily, and once for each place where it stands. What every line needs must therefore stand somewhere else as
-- well: hence `greatest` and `least` over flags in place of OR and AND, and a cheap condition before each rare branch.
WITH
['event_id', 'event_time', 'event_type', 'campaign_id', 'ad_id', 'publisher_id', 'user_id', 'country', 'device', 'cost', 'revenue',
 'attributes'] AS contract_fields,
given AS ({{ lines }}),
parsed AS
(
    SELECT *, JSONExtractKeysAndValuesRaw(line) AS pairs
    FROM given
    WHERE startsWith(line, '{') OR NOT match(line, '^[ \\t\\n\\v\\f\\r]*$')
),
lines AS
(
    SELECT
        drop_no,
        line_number,
        line,
        CAST(pairs, 'Map(String, String)') AS fields,
        empty(pairs) AND JSONType(line) != 'Object' AS no_object,
        if(arrayUniq(pairs.1) = length(pairs), [], arrayFilter((key, nth) -> nth = 2, pairs.1, arrayEnumerateUniq(pairs.1))) AS repeated
    FROM parsed
),
source AS
(
{{ source }}
),
tokens AS
(
    SELECT
        *,
        event['event_id'] AS event_id_token,
        event['event_time'] AS event_time_token,
        event['event_type'] AS event_type_token,
        event['campaign_id'] AS campaign_id_token,
        event['ad_id'] AS ad_id_token,
        event['publisher_id'] AS publisher_id_token,
        event['user_id'] AS user_id_token,
        event['country'] AS country_token,
        event['device'] AS device_token,
        event['cost'] AS cost_token,
        event['revenue'] AS revenue_token,
        event['attributes'] AS attributes_token,
        length(event) = (event_id_token != '') + (event_time_token != '') + (event_type_token != '') + (campaign_id_token != '')
            + (ad_id_token != '') + (publisher_id_token != '') + (user_id_token != '') + (country_token != '') + (device_token != '')
            + (cost_token != '') + (revenue_token != '') + (attributes_token != '') AS all_named
    FROM source
),
-- Texts: a string's content, an integer's digits (1.0 is a double, though its token is 1), '' for null; anything else becomes a text that is too long.
texts AS
(
    SELECT
        *,
        if(startsWith(event_id_token, '"') AND position(event_id_token, '\\') = 0, substring(event_id_token, 2, length(event_id_token) - 2),
            multiIf(
                event_id_token IN ('', 'null'), '',
                startsWith(event_id_token, '"'), JSONExtractString(event_id_token),
                match(event_id_token, '^-?[0-9]+$') AND JSONType(line, 'event_id') != 'Double', event_id_token,
                repeat('?', 129))) AS event_id_text,
        if(startsWith(campaign_id_token, '"') AND position(campaign_id_token, '\\') = 0, substring(campaign_id_token, 2, length(campaign_id_token) - 2),
            multiIf(
                campaign_id_token IN ('', 'null'), '',
                startsWith(campaign_id_token, '"'), JSONExtractString(campaign_id_token),
                match(campaign_id_token, '^-?[0-9]+$') AND JSONType(line, 'campaign_id') != 'Double', campaign_id_token,
                repeat('?', 129))) AS campaign_id_text,
        if(startsWith(ad_id_token, '"') AND position(ad_id_token, '\\') = 0, substring(ad_id_token, 2, length(ad_id_token) - 2),
            multiIf(
                ad_id_token IN ('', 'null'), '',
                startsWith(ad_id_token, '"'), JSONExtractString(ad_id_token),
                match(ad_id_token, '^-?[0-9]+$') AND JSONType(line, 'ad_id') != 'Double', ad_id_token,
                repeat('?', 129))) AS ad_id_text,
        if(startsWith(publisher_id_token, '"') AND position(publisher_id_token, '\\') = 0, substring(publisher_id_token, 2, length(publisher_id_token) - 2),
            multiIf(
                publisher_id_token IN ('', 'null'), '',
                startsWith(publisher_id_token, '"'), JSONExtractString(publisher_id_token),
                match(publisher_id_token, '^-?[0-9]+$') AND JSONType(line, 'publisher_id') != 'Double', publisher_id_token,
                repeat('?', 129))) AS publisher_id_text,
        if(startsWith(user_id_token, '"') AND position(user_id_token, '\\') = 0, substring(user_id_token, 2, length(user_id_token) - 2),
            multiIf(
                user_id_token IN ('', 'null'), '',
                startsWith(user_id_token, '"'), JSONExtractString(user_id_token),
                match(user_id_token, '^-?[0-9]+$') AND JSONType(line, 'user_id') != 'Double', user_id_token,
                repeat('?', 129))) AS user_id_text,
        -- few distinct values: looked at once each, and '' where they are none of the contract
        extract(toLowCardinality(event_type_token), '^"(impression|click|conversion)"$') AS event_type_text,
        extract(toLowCardinality(country_token), '^"([A-Z]{2})"$') AS country_text,
        extract(toLowCardinality(device_token), '^"(desktop|mobile|tablet|ctv|other)"$') AS device_text
    FROM tokens
),
-- Event time: the pattern settles the form, the parser refuses days that are in no calendar; more digits than it takes are cut off before.
times AS
(
    SELECT
        *,
        substring(event_time_token, 2, length(event_time_token) - 2) AS time_text,
        parseDateTime64BestEffortOrZero(
            upper(if(length(time_text) > 30, replaceRegexpOne(time_text, '([.][0-9]{3})[0-9]+', '\\1'), time_text)), 3, 'UTC') AS time,
        toDate(time, {timezone:String}) AS day,
        least(
            match(event_time_token,
                '^"(19|20|21)[0-9]{2}-[01][0-9]-[0-3][0-9][Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"$'),
            time >= toDateTime64('1970-01-02 00:00:00', 3, {timezone:String}),
            time < toDateTime64('2149-06-06 00:00:00', 3, {timezone:String})) AS is_time
    FROM texts
),
-- Attributes: in most lines an object of plain strings and no key that the contract does not name. All others go the long way:
-- `members` are the object's own, `kept` those and the unnamed keys, without the nulls.
attributed AS
(
    SELECT
        *,
        least(all_named, match(attributes_token, '^([{]("[^"\\\\]*":"[^"\\\\]*"(,"[^"\\\\]*":"[^"\\\\]*")*)?[}]|null|)$')) AS is_plain,
        JSONExtract(attributes_token, 'Map(String, String)') AS plain,
        if(is_plain, [], JSONExtractKeysAndValuesRaw(attributes_token)) AS members,
        if(is_plain, [], arrayFilter(pair -> pair.2 NOT IN ('', 'null'), arrayConcat(
            members,
            arrayFilter(pair -> NOT has(contract_fields, pair.1), CAST(event, 'Array(Tuple(String, String))'))))) AS kept
    FROM times
),
judged AS
(
    SELECT
        *,
        length(line) > 1048576 AS too_long,
        greatest(
            event_id_text = '',
            length(event_id_text) > 128 AND lengthUTF8(event_id_text) > 128,
            greatest(lengthUTF8(event_id_text) != length(event_id_text), position(event_id_token, '\\') > 0, position(event_id_token, '\x7f') > 0)
                AND match(event_id_text, '\\p{Cc}')) AS bad_event_id,
        NOT is_time AS bad_event_time,
        day < {first_day:Date} AS is_expired,
        time > {latest:DateTime64(3, 'UTC')} AS is_future,
        event_type_text = '' AS bad_event_type,
        greatest(campaign_id_text = '', length(campaign_id_text) > 128 AND lengthUTF8(campaign_id_text) > 128) AS bad_campaign_id,
        length(ad_id_text) > 128 AND lengthUTF8(ad_id_text) > 128 AS bad_ad_id,
        length(publisher_id_text) > 128 AND lengthUTF8(publisher_id_text) > 128 AS bad_publisher_id,
        length(user_id_text) > 128 AND lengthUTF8(user_id_text) > 128 AS bad_user_id,
        country_text = '' AND country_token NOT IN ('', 'null', '""') AS bad_country,
        device_text = '' AND device_token NOT IN ('', 'null', '""') AS bad_device,
        NOT match(cost_token, '^"?[0-9]{1,9}([.][0-9]{1,6})?"?$') AND cost_token NOT IN ('', 'null', '-0') AS bad_cost,
        NOT match(revenue_token, '^"?[0-9]{1,9}([.][0-9]{1,6})?"?$') AND revenue_token NOT IN ('', 'null', '-0') AS bad_revenue,
        if(is_plain, arrayUniq(mapKeys(plain)) != length(plain), greatest(
            attributes_token NOT IN ('', 'null') AND NOT startsWith(attributes_token, '{'),
            arrayExists(pair -> NOT startsWith(pair.2, '"') AND pair.2 != 'null', members),
            arrayUniq(members.1) != length(members),
            arrayUniq(kept.1) != length(kept))) AS bad_attributes,
        greatest(
            too_long, no_object, notEmpty(repeated), bad_event_id, bad_event_time, is_expired, is_future, bad_event_type, bad_campaign_id,
            bad_ad_id, bad_publisher_id, bad_user_id, bad_country, bad_device, bad_cost, bad_revenue, bad_attributes) AS refused
    FROM attributed
)
SELECT
    drop_no,
    line_number,
    if(refused, '', event_id_text) AS event_id,
    if(refused, toDateTime64(0, 3, 'UTC'), time) AS event_time,
    if(refused, '', event_type_text) AS event_type,
    if(refused, '', campaign_id_text) AS campaign_id,
    if(refused, '', ad_id_text) AS ad_id,
    if(refused, '', publisher_id_text) AS publisher_id,
    if(refused, '', user_id_text) AS user_id,
    if(refused, '', country_text) AS country,
    if(refused, '', device_text) AS device,
    if(refused, 0, toDecimal64OrZero(trim(BOTH '"' FROM cost_token), 6)) AS cost,
    if(refused, 0, toDecimal64OrZero(trim(BOTH '"' FROM revenue_token), 6)) AS revenue,
    if(NOT refused AND is_plain AND length(plain) < 2, plain, mapSort(multiIf(
        refused, map(),
        is_plain, plain,
        CAST(arrayMap(pair -> (pair.1, multiIf(
            NOT startsWith(pair.2, '"'), pair.2,
            position(pair.2, '\\') = 0, substring(pair.2, 2, length(pair.2) - 2),
            JSONExtractString(pair.2))), kept), 'Map(String, String)')))) AS attributes,
    if(refused, toDate(0), day) AS event_date,
    if(refused, multiIf(
        too_long, ['too_long'],
        no_object, [if(isValidJSON(line), 'not_object', 'not_json')],
        arrayFilter(reason -> reason != '', [
            multiIf(has(repeated, 'event_id'), 'invalid:event_id', event_id_token IN ('', 'null'), 'missing:event_id', bad_event_id, 'invalid:event_id', ''),
            multiIf(
                has(repeated, 'event_time'), 'invalid:event_time',
                event_time_token IN ('', 'null'), 'missing:event_time',
                bad_event_time, 'invalid:event_time',
                is_expired, 'expired',
                is_future, 'future',
                ''),
            multiIf(has(repeated, 'event_type'), 'invalid:event_type', event_type_token IN ('', 'null'), 'missing:event_type', bad_event_type, 'invalid:event_type', ''),
            multiIf(has(repeated, 'campaign_id'), 'invalid:campaign_id', campaign_id_token IN ('', 'null'), 'missing:campaign_id', bad_campaign_id, 'invalid:campaign_id', ''),
            if(bad_ad_id OR has(repeated, 'ad_id'), 'invalid:ad_id', ''),
            if(bad_publisher_id OR has(repeated, 'publisher_id'), 'invalid:publisher_id', ''),
            if(bad_user_id OR has(repeated, 'user_id'), 'invalid:user_id', ''),
            if(bad_country OR has(repeated, 'country'), 'invalid:country', ''),
            if(bad_device OR has(repeated, 'device'), 'invalid:device', ''),
            if(bad_cost OR has(repeated, 'cost'), 'invalid:cost', ''),
            if(bad_revenue OR has(repeated, 'revenue'), 'invalid:revenue', ''),
            -- a repeated key that the contract does not name would be an attribute
            if(bad_attributes OR has(repeated, 'attributes') OR NOT hasAll(contract_fields, repeated), 'invalid:attributes', '')])), []) AS reasons,
    if(refused, line, '') AS line
FROM judged
