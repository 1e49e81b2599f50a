-- grain: one line, with the event it holds or the reasons for which it is refused
WITH
given AS ({{ lines }}),
pairs AS
(
    SELECT *, JSONExtractKeysAndValuesRaw(line) AS pairs
    FROM given
    WHERE startsWith(line, '{') OR NOT match(line, '^[ \\t\\n\\v\\f\\r]*$')
),
lines AS
(
    SELECT drop_no, line_number, line,
        CAST(multiIf(
            length(line) > 1048576, [],
            arrayUniq(pairs.1) != length(pairs), arrayReverse(arrayMap((pair, nth) -> (pair.1, if(nth > 1, 'repeated', pair.2)), pairs, arrayEnumerateUniq(pairs.1))),
            pairs), 'Map(String, String)') AS fields
    FROM pairs
),
source AS ({{ source }}),
tokens AS
(
    SELECT drop_no, line_number, line, event,
        event['event_id'] AS k_event_id, event['event_time'] AS k_event_time, event['event_type'] AS k_event_type, event['campaign_id'] AS k_campaign_id,
        event['ad_id'] AS k_ad_id, event['publisher_id'] AS k_publisher_id, event['user_id'] AS k_user_id, event['country'] AS k_country, event['device'] AS k_device,
        event['cost'] AS k_cost, event['revenue'] AS k_revenue, event['attributes'] AS k_attributes
    FROM source
),
texts AS
(
    SELECT *,
        multiIf(k_event_id = '' OR k_event_id = 'null', '', startsWith(k_event_id, '"'), if(position(k_event_id, '\\') = 0, substring(k_event_id, 2, length(k_event_id) - 2), JSONExtractString(k_event_id)), match(k_event_id, '^-?[0-9]+$') AND JSONType(line, 'event_id') != 'Double', k_event_id, repeat('!', 129)) AS t_event_id,
        multiIf(k_event_time = '' OR k_event_time = 'null', '', startsWith(k_event_time, '"'), if(position(k_event_time, '\\') = 0, substring(k_event_time, 2, length(k_event_time) - 2), JSONExtractString(k_event_time)), match(k_event_time, '^-?[0-9]+$') AND JSONType(line, 'event_time') != 'Double', k_event_time, repeat('!', 129)) AS t_event_time,
        toLowCardinality(multiIf(k_event_type = '' OR k_event_type = 'null', '', startsWith(k_event_type, '"'), if(position(k_event_type, '\\') = 0, substring(k_event_type, 2, length(k_event_type) - 2), JSONExtractString(k_event_type)), match(k_event_type, '^-?[0-9]+$') AND JSONType(line, 'event_type') != 'Double', k_event_type, repeat('!', 129))) AS t_event_type,
        toLowCardinality(multiIf(k_campaign_id = '' OR k_campaign_id = 'null', '', startsWith(k_campaign_id, '"'), if(position(k_campaign_id, '\\') = 0, substring(k_campaign_id, 2, length(k_campaign_id) - 2), JSONExtractString(k_campaign_id)), match(k_campaign_id, '^-?[0-9]+$') AND JSONType(line, 'campaign_id') != 'Double', k_campaign_id, repeat('!', 129))) AS t_campaign_id,
        multiIf(k_ad_id = '' OR k_ad_id = 'null', '', startsWith(k_ad_id, '"'), if(position(k_ad_id, '\\') = 0, substring(k_ad_id, 2, length(k_ad_id) - 2), JSONExtractString(k_ad_id)), match(k_ad_id, '^-?[0-9]+$') AND JSONType(line, 'ad_id') != 'Double', k_ad_id, repeat('!', 129)) AS t_ad_id,
        toLowCardinality(multiIf(k_publisher_id = '' OR k_publisher_id = 'null', '', startsWith(k_publisher_id, '"'), if(position(k_publisher_id, '\\') = 0, substring(k_publisher_id, 2, length(k_publisher_id) - 2), JSONExtractString(k_publisher_id)), match(k_publisher_id, '^-?[0-9]+$') AND JSONType(line, 'publisher_id') != 'Double', k_publisher_id, repeat('!', 129))) AS t_publisher_id,
        multiIf(k_user_id = '' OR k_user_id = 'null', '', startsWith(k_user_id, '"'), if(position(k_user_id, '\\') = 0, substring(k_user_id, 2, length(k_user_id) - 2), JSONExtractString(k_user_id)), match(k_user_id, '^-?[0-9]+$') AND JSONType(line, 'user_id') != 'Double', k_user_id, repeat('!', 129)) AS t_user_id,
        toLowCardinality(multiIf(k_country = '' OR k_country = 'null', '', startsWith(k_country, '"'), if(position(k_country, '\\') = 0, substring(k_country, 2, length(k_country) - 2), JSONExtractString(k_country)), match(k_country, '^-?[0-9]+$') AND JSONType(line, 'country') != 'Double', k_country, repeat('!', 129))) AS t_country,
        toLowCardinality(multiIf(k_device = '' OR k_device = 'null', '', startsWith(k_device, '"'), if(position(k_device, '\\') = 0, substring(k_device, 2, length(k_device) - 2), JSONExtractString(k_device)), match(k_device, '^-?[0-9]+$') AND JSONType(line, 'device') != 'Double', k_device, repeat('!', 129))) AS t_device,
        length(event) = (k_event_id != '') + (k_event_time != '') + (k_event_type != '') + (k_campaign_id != '') + (k_ad_id != '') + (k_publisher_id != '') + (k_user_id != '')
            + (k_country != '') + (k_device != '') + (k_cost != '') + (k_revenue != '') + (k_attributes != '') AS only_named,
        JSONExtractKeysAndValuesRaw(k_attributes) AS own,
        arrayFilter(pair -> pair.2 != 'null', if(only_named, own, arrayConcat(own, arrayFilter(pair -> pair.1 NOT IN ('event_id', 'event_time', 'event_type', 'campaign_id', 'ad_id', 'publisher_id', 'user_id', 'country', 'device', 'cost', 'revenue', 'attributes'), CAST(event, 'Array(Tuple(String, String))'))))) AS held
    FROM tokens
),
vals AS
(
    SELECT *,
        match(t_event_time, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') AS is_rfc,
        parseDateTime64BestEffortOrZero(upper(if(length(t_event_time) <= 35, t_event_time, replaceRegexpOne(t_event_time, '(\\.[0-9]{3})[0-9]+', '\\1'))), 3, 'UTC') AS v_event_time,
        toDate(v_event_time, {timezone:String}) AS v_event_date,
        least(is_rfc, v_event_time >= toDateTime64('1970-01-02 00:00:00', 3, {timezone:String}) , v_event_time < toDateTime64('2149-06-06 00:00:00', 3, {timezone:String})) AS has_time
    FROM texts
),
flags AS
(
    SELECT *,
        greatest(t_event_id = '', length(t_event_id) > 128 AND lengthUTF8(t_event_id) > 128, match(t_event_id, '\\p{Cc}')) AS bad_event_id,
        t_event_type NOT IN ('impression', 'click', 'conversion') AS bad_event_type,
        t_campaign_id = '' OR lengthUTF8(t_campaign_id) > 128 AS bad_campaign_id,
        length(t_ad_id) > 128 AND lengthUTF8(t_ad_id) > 128 AS bad_ad_id,
        lengthUTF8(t_publisher_id) > 128 AS bad_publisher_id,
        length(t_user_id) > 128 AND lengthUTF8(t_user_id) > 128 AS bad_user_id,
        NOT match(t_country, '^([A-Z]{2})?$') AS bad_country,
        t_device NOT IN ('', 'desktop', 'mobile', 'tablet', 'ctv', 'other') AS bad_device,
        NOT match(k_cost, '^([0-9]{1,9}(\\.[0-9]{1,6})?|"[0-9]{1,9}(\\.[0-9]{1,6})?"|-0|null|)$') AS bad_cost,
        NOT match(k_revenue, '^([0-9]{1,9}(\\.[0-9]{1,6})?|"[0-9]{1,9}(\\.[0-9]{1,6})?"|-0|null|)$') AS bad_revenue,
        greatest(k_attributes NOT IN ('', 'null') AND NOT startsWith(k_attributes, '{'), arrayExists(pair -> NOT startsWith(pair.2, '"') AND pair.2 != 'null', own),
            arrayUniq(own.1) != length(own), NOT only_named AND arrayUniq(held.1) != length(held)) AS bad_attributes,
        v_event_date < {first_day:Date} AS is_expired,
        v_event_time > {latest:DateTime64(3, 'UTC')} AS is_future,
        length(line) > 1048576 AS too_long,
        JSONType(line) != 'Object' AS no_object
    FROM vals
),
verdicts AS
(
    SELECT *,
        greatest(too_long, no_object, bad_event_id, NOT has_time, is_expired, is_future, bad_event_type, bad_campaign_id, bad_ad_id, bad_publisher_id, bad_user_id,
            bad_country, bad_device, bad_cost, bad_revenue, bad_attributes) AS refused,
        multiIf(
            NOT refused, [],
            too_long, ['too_long'],
            no_object, if(isValidJSON(line), ['not_object'], ['not_json']),
            arrayFilter(reason -> reason != '', [
                multiIf(k_event_id IN ('', 'null'), 'missing:event_id', bad_event_id, 'invalid:event_id', ''),
                multiIf(k_event_time IN ('', 'null'), 'missing:event_time', NOT has_time, 'invalid:event_time', is_expired, 'expired', is_future, 'future', ''),
                multiIf(k_event_type IN ('', 'null'), 'missing:event_type', bad_event_type, 'invalid:event_type', ''),
                multiIf(k_campaign_id IN ('', 'null'), 'missing:campaign_id', bad_campaign_id, 'invalid:campaign_id', ''),
                if(bad_ad_id, 'invalid:ad_id', ''),
                if(bad_publisher_id, 'invalid:publisher_id', ''),
                if(bad_user_id, 'invalid:user_id', ''),
                if(bad_country, 'invalid:country', ''),
                if(bad_device, 'invalid:device', ''),
                if(bad_cost, 'invalid:cost', ''),
                if(bad_revenue, 'invalid:revenue', ''),
                if(bad_attributes, 'invalid:attributes', '')])) AS why
    FROM flags
)
SELECT
    drop_no, line_number,
    if(refused, '', t_event_id) AS event_id,
    if(refused, toDateTime64(0, 3, 'UTC'), v_event_time) AS event_time,
    if(refused, '', t_event_type) AS event_type,
    if(refused, '', t_campaign_id) AS campaign_id,
    if(refused, '', t_ad_id) AS ad_id,
    if(refused, '', t_publisher_id) AS publisher_id,
    if(refused, '', t_user_id) AS user_id,
    if(refused, '', t_country) AS country,
    if(refused, '', t_device) AS device,
    if(refused, 0, toDecimal64OrZero(trim(BOTH '"' FROM k_cost), 6)) AS cost,
    if(refused, 0, toDecimal64OrZero(trim(BOTH '"' FROM k_revenue), 6)) AS revenue,
    mapSort(CAST(if(refused, [], arrayMap(pair -> (pair.1, multiIf(NOT startsWith(pair.2, '"'), pair.2, position(pair.2, '\\') = 0, substring(pair.2, 2, length(pair.2) - 2), JSONExtractString(pair.2))), held)), 'Map(String, String)')) AS attributes,
    if(refused, toDate(0), v_event_date) AS event_date,
    why AS reasons,
    if(refused, line, '') AS line
FROM verdicts
