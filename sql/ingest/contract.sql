-- grain: one record of a line of a batch's drops that is not empty: one for each event that the source makes of it, or one for a line that
--   the source ignores (reason `ignored`)
-- source: the lines as they are in the drops (part `lines`: drop_no, line_number, line), mapped to events by a source (part `source`)
-- yields: drop_no, line_number, record, the contract's columns, event_date, reasons (none: accepted), line (whole if refused; why, if ignored;
--   else empty); of a line of several records it stands with the first 16 that are refused, up to 4 KiB of text, and of one that has more records with
--   the first in any case: memory does not grow with records times length; the contract's columns of a refused record hold their defaults,
--   but for its user, who may be erased
-- `record` is the place in the source's array `events`, from 1; 0 for the only record of a line, and for a line that is no JSON object or
--   too long, which is refused whatever the source makes of it.
-- parameters: latest (now + max_future, UTC), first_day (the oldest day kept), timezone (the reporting time zone), event_types,
--   time_zone (the source's)
-- run again: the same rows
--
-- Made by `make generate` from ads_pipeline/contract and tools/generate/templates/contract.sql.jinja: edit those. A property test holds
-- it equal to the Python side of the contract.
--
-- A *token* is a top-level value of the line as compact JSON text: strings in quotes and escaped only where they must be, numbers as 64-bit
-- integers or shortest doubles (1.50 is 1.5, 1e2 is 100), an integer beyond 64 bits as a string of its digits, and a number that a
-- double does not keep as it is written; '' where the key is absent.
--
-- This is the hot path: every line is parsed once, and the form of the statement matters. An expression that appears only within branches
-- of if, multiIf, AND or OR is evaluated lazily, and once for each place where it appears. What every line needs must therefore also appear
-- outside of them: hence `greatest` and `least` over flags in place of OR and AND, and a cheap condition before each rare branch. For the
-- same reason it is run with query_plan_merge_expressions = 0: the steps below stay apart, and none computes again what one before it has.
WITH
['event_id', 'event_time', 'event_type', 'campaign_id', 'ad_id', 'publisher_id', 'user_id', 'country', 'device', 'quantity', 'cost',
 'revenue', 'attributes'] AS contract_fields,
-- What is below stands in a table function of its own, `view`: for each function, an engine looks through all that lies below it in its
-- statement, and within `view` that is the text of a source and not all that its names stand for. On 24.10 this plans a shipped source
-- in half the time or less.
records AS
(
SELECT *
FROM view(
WITH
{time_zone:String} AS time_zone,
(SELECT groupArray(drop) FROM (SELECT drop FROM {{ batch }} ORDER BY drop_no)) AS drop_names,
'"(?:[^"\\\\]|\\\\.)*"|-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?|[^"0-9-]+|.' AS json_token,
given AS ({{ lines }}),
parsed AS
(
    SELECT *, if(length(line) > 1048576, [], JSONExtractKeysAndValuesRaw(line)) AS read
    FROM given
    WHERE startsWith(line, '{') OR NOT match(line, '^[ \\t\\n\\v\\f\\r]*$')
),
-- To older engines a line with an integer beyond 64 bits is not JSON; newer ones read such an integer as a string of its digits. So a line
-- that could not be read is read again with these integers in quotes. Digits that are a key, follow a zero or lie in a string stay.
reread AS
(
    WITH
        token -> if(match(token, '^-?[1-9][0-9]{18,}$'), length(token) > 20
            OR NOT toInt128OrZero(token) BETWEEN toInt128('-9223372036854775808') AND toInt128('18446744073709551615'), false) AS is_beyond,
        parts -> arrayStringConcat(arrayMap(
            (part, next) -> if(is_beyond(part) AND NOT match(next, '^\\s*:'), concat('"', part, '"'), part),
            parts, arrayShiftLeft(parts, 1))) AS with_strings
    SELECT
        *,
        if(empty(read) AND length(line) <= 1048576 AND match(line, '[0-9]{19}') AND arrayStringConcat(extractAll(line, json_token)) = line,
            with_strings(extractAll(line, json_token)), '') AS rewritten
    FROM parsed
),
paired AS
(
    SELECT *, if(rewritten = '', read, JSONExtractKeysAndValuesRaw(rewritten)) AS pairs, pairs.1 AS keys
    FROM reread
),
-- Numbers that a double does not keep: those with a fraction or an exponent that have more digits, or are so small that they would be zero.
-- As a value of the line each stands as it is written: the line is read once more with them in quotes. One that lies deeper a source may
-- yield as the shortest double: those are known by value, without its sign, if no value of the line is the same.
inexact AS
(
    WITH
        number -> match(number, '^-?[0-9]+[.eE]') AND (
            length(trim(BOTH '-0' FROM replaceOne(splitByRegexp('[eE]', number)[1], '.', ''))) > 15
            OR (match(number, '[eE]-0*[1-9][0-9]{2}|^-?0[.]0{300}') AND match(number, '^-?[0-9.]*[1-9]'))) AS is_inexact
    SELECT
        *,
        if(notEmpty(keys) AND match(line, ':[ \\t\\n\\r]*-?(?:[0-9.]{16,}|[0-9.]+[eE]-[0-9]{3})'),
            extractAll(if(rewritten = '', line, rewritten), json_token), []) AS json_tokens,
        arrayMap(number -> abs(JSONExtractFloat(number)), arrayFilter(token -> is_inexact(token), json_tokens)) AS found,
        if(empty(found), [], JSONExtractKeysAndValuesRaw(
            arrayStringConcat(arrayMap(token -> if(is_inexact(token), concat('"', token, '"'), token), json_tokens)))) AS in_quotes,
        if(empty(found), [], arrayMap(
            pair -> abs(JSONExtractFloat(pair.2)), arrayFilter(pair -> match(pair.2, '^-?[0-9]'), pairs))) AS numbers,
        arrayFilter(
            (number, nth) -> nth = 1, found, arraySlice(arrayEnumerateUniq(arrayConcat(numbers, found)), length(numbers) + 1)) AS deep_inexact
    FROM paired
),
lines AS
(
    SELECT
        drop_no,
        drop_names[drop_no] AS drop,
        line_number,
        line,
        rewritten,
        CAST(
            if(empty(in_quotes), pairs, arrayMap(
                (own, other) -> if(startsWith(other.2, '"') AND NOT startsWith(own.2, '"'), (own.1, trim(BOTH '"' FROM other.2)), own),
                pairs, arrayResize(in_quotes, length(pairs)))),
            'Map(String, String)') AS fields,
        empty(keys) AND length(line) <= 1048576 AND JSONType(if(rewritten = '', line, rewritten)) != 'Object' AS no_object,
        deep_inexact,
        if(arrayUniq(keys) = length(keys), [], arrayFilter((key, nth) -> nth = 2, keys, arrayEnumerateUniq(keys))) AS repeated
    FROM inexact
),
source AS
(
{{ source }}
)
{% if several %}
SELECT
    drop_no, line_number, record_line AS line, no_object, too_long, is_json, repeated_names AS repeated, doubles,
    event_id_token, event_time_token, event_type_token, campaign_id_token, ad_id_token, publisher_id_token, user_id_token, country_token,
    device_token, quantity_token, cost_token, revenue_token, attributes_token,
    record_unnamed AS unnamed,
    quantity_is_inexact, cost_is_inexact, revenue_is_inexact,
    if(is_whole, 0, record_number) AS record,
    is_shared AND record_number = 1 AS keeps_line,
{% if reasoned %}
    because AS ignored_because,
{% endif %}
    record_number = 0 AND NOT is_whole AS is_ignored
FROM
(
    WITH
        ['event_id', 'event_time', 'event_type', 'campaign_id', 'ad_id', 'publisher_id', 'user_id', 'country', 'device', 'quantity', 'cost',
         'revenue', 'attributes'] AS contract_fields,
        -- which records have such a number in a field: the values of two arrays in a row are numbered by their first places
        name -> arrayMap(
            place -> place <= length(deep_inexact),
            arraySlice(
                arrayEnumerateDense(arrayConcat(deep_inexact, arrayMap(
                    event -> if(match(event[name], '^-?[0-9]'), abs(JSONExtractFloat(event[name])), nan), all_events))),
                length(deep_inexact) + 1)) AS are_inexact
    SELECT
        drop_no, line_number, no_object,
{% if reasoned %}
        substringUTF8(coalesce(toString(ignored_because), ''), 1, 128) AS because,
{% endif %}
        length(line) > 1048576 AS too_long,
        greatest(no_object, too_long) AS is_whole,
        -- asked once a line, so that no record needs the line's fields
        arrayFilter(token -> token != '', [
            if(
                match(fields['event_id'], '^-?[0-9]+$')
                    AND JSONType(if(rewritten = '', line, rewritten), 'event_id') = 'Double',
                fields['event_id'], ''),
            if(
                match(fields['campaign_id'], '^-?[0-9]+$')
                    AND JSONType(if(rewritten = '', line, rewritten), 'campaign_id') = 'Double',
                fields['campaign_id'], ''),
            if(
                match(fields['ad_id'], '^-?[0-9]+$')
                    AND JSONType(if(rewritten = '', line, rewritten), 'ad_id') = 'Double',
                fields['ad_id'], ''),
            if(
                match(fields['publisher_id'], '^-?[0-9]+$')
                    AND JSONType(if(rewritten = '', line, rewritten), 'publisher_id') = 'Double',
                fields['publisher_id'], ''),
            if(
                match(fields['user_id'], '^-?[0-9]+$')
                    AND JSONType(if(rewritten = '', line, rewritten), 'user_id') = 'Double',
                fields['user_id'], '')])
            AS doubles,
        no_object AND isValidJSON(if(rewritten = '', line, rewritten)) AS is_json,
        -- keys that the contract names, and '' for all others
        arrayDistinct(arrayMap(
            key -> if(has(contract_fields, key), key, ''),
            repeated)) AS repeated_names,
        CAST(events, 'Array(Map(String, String))') AS all_events,
        length(all_events) AS wanted,
        -- no record is joined to a map: to copy one for each is what would cost most
        -- no record is joined to a map: to copy one for each is what would cost most
        arrayMap(event -> event['event_id'], all_events) AS event_id_tokens,
        arrayMap(event -> event['event_time'], all_events) AS event_time_tokens,
        arrayMap(event -> event['event_type'], all_events) AS event_type_tokens,
        arrayMap(event -> event['campaign_id'], all_events) AS campaign_id_tokens,
        arrayMap(event -> event['ad_id'], all_events) AS ad_id_tokens,
        arrayMap(event -> event['publisher_id'], all_events) AS publisher_id_tokens,
        arrayMap(event -> event['user_id'], all_events) AS user_id_tokens,
        arrayMap(event -> event['country'], all_events) AS country_tokens,
        arrayMap(event -> event['device'], all_events) AS device_tokens,
        arrayMap(event -> event['quantity'], all_events) AS quantity_tokens,
        arrayMap(event -> event['cost'], all_events) AS cost_tokens,
        arrayMap(event -> event['revenue'], all_events) AS revenue_tokens,
        arrayMap(event -> event['attributes'], all_events) AS attributes_tokens,
        -- what becomes attributes
        arrayMap(
            (event, event_id_token, event_time_token, event_type_token, campaign_id_token, ad_id_token, publisher_id_token, user_id_token,
             country_token, device_token, quantity_token, cost_token, revenue_token, attributes_token) -> if(
                length(event) = (event_id_token != '') + (event_time_token != '') + (event_type_token != '') + (campaign_id_token != '')
                    + (ad_id_token != '') + (publisher_id_token != '') + (user_id_token != '') + (country_token != '')
                    + (device_token != '') + (quantity_token != '') + (cost_token != '') + (revenue_token != '') + (attributes_token != ''),
                [],
                arrayFilter(
                    pair -> pair.2 NOT IN ('', 'null') AND NOT has(contract_fields, pair.1), CAST(event, 'Array(Tuple(String, String))'))),
            all_events, event_id_tokens, event_time_tokens, event_type_tokens, campaign_id_tokens, ad_id_tokens, publisher_id_tokens,
            user_id_tokens, country_tokens, device_tokens, quantity_tokens, cost_tokens, revenue_tokens, attributes_tokens) AS unnamed_of,
        arrayResize(if(empty(deep_inexact), emptyArrayUInt8(), are_inexact('quantity')), wanted) AS quantity_inexact,
        arrayResize(if(empty(deep_inexact), emptyArrayUInt8(), are_inexact('cost')), wanted) AS cost_inexact,
        arrayResize(if(empty(deep_inexact), emptyArrayUInt8(), are_inexact('revenue')), wanted) AS revenue_inexact,
        -- the line's text stands with its first records alone, if it is long or they are many
        least(wanted, greatest(1, least(16, intDiv(4096, length(line) + 1)))) AS with_line,
        wanted > with_line AS is_shared,
        arrayResize(arrayWithConstant(with_line, line), wanted) AS lines_of
    FROM source
)
LEFT ARRAY JOIN arrayEnumerate(all_events) AS record_number, lines_of AS record_line, unnamed_of AS record_unnamed,
    event_id_tokens AS event_id_token, event_time_tokens AS event_time_token, event_type_tokens AS event_type_token,
    campaign_id_tokens AS campaign_id_token, ad_id_tokens AS ad_id_token, publisher_id_tokens AS publisher_id_token,
    user_id_tokens AS user_id_token, country_tokens AS country_token, device_tokens AS device_token, quantity_tokens AS quantity_token,
    cost_tokens AS cost_token, revenue_tokens AS revenue_token, attributes_tokens AS attributes_token,
quantity_inexact AS quantity_is_inexact, cost_inexact AS cost_is_inexact, revenue_inexact AS revenue_is_inexact
-- of such a line, the first stands for all
WHERE NOT is_whole OR record_number < 2
{% else %}
SELECT
    drop_no, line_number, line, rewritten, fields, no_object, length(line) > 1048576 AS too_long, deep_inexact, repeated,
    event, toUInt32(0) AS record
FROM source
{% endif %})
),
tokens AS
(
{% if several %}
    SELECT *
{% else %}
    WITH token -> notEmpty(deep_inexact) AND match(token, '^-?[0-9]') AND has(deep_inexact, abs(JSONExtractFloat(token))) AS is_inexact_number
    SELECT
        *,
        is_inexact_number(quantity_token) AS quantity_is_inexact,
        is_inexact_number(cost_token) AS cost_is_inexact,
        is_inexact_number(revenue_token) AS revenue_is_inexact,
        event['event_id'] AS event_id_token,
        event['event_time'] AS event_time_token,
        event['event_type'] AS event_type_token,
        event['campaign_id'] AS campaign_id_token,
        event['ad_id'] AS ad_id_token,
        event['publisher_id'] AS publisher_id_token,
        event['user_id'] AS user_id_token,
        event['country'] AS country_token,
        event['device'] AS device_token,
        event['quantity'] AS quantity_token,
        event['cost'] AS cost_token,
        event['revenue'] AS revenue_token,
        event['attributes'] AS attributes_token,
        if(
            length(event) = (event_id_token != '') + (event_time_token != '') + (event_type_token != '') + (campaign_id_token != '')
                + (ad_id_token != '') + (publisher_id_token != '') + (user_id_token != '') + (country_token != '') + (device_token != '')
                + (quantity_token != '') + (cost_token != '') + (revenue_token != '') + (attributes_token != ''),
            [],
            arrayFilter(
                pair -> pair.2 NOT IN ('', 'null') AND NOT has(contract_fields, pair.1), CAST(event, 'Array(Tuple(String, String))'))) AS unnamed
{% endif %}
    FROM records
),
-- The text of a token: a string's content, an integer's digits (1.0 is a double, though its token is 1), '' for null. Any other token
-- becomes a text that is too long for every field. The type is that of the line's own key, so it is asked where the token is that key's.
texts AS
(
    WITH
        (token, type) -> multiIf(
            startsWith(token, '"') AND position(token, '\\') = 0, substring(token, 2, length(token) - 2),
            token IN ('', 'null'), '',
            startsWith(token, '"'), JSONExtractString(token),
            match(token, '^-?[0-9]+$') AND type != 'Double', token,
            repeat('?', 129)) AS text_of
    SELECT
        *,
        text_of(
            event_id_token,
{% if several %}
            if(has(doubles, event_id_token), 'Double', ''))
{% else %}
            if(event_id_token = fields['event_id'], JSONType(if(rewritten = '', line, rewritten), 'event_id'), ''))
{% endif %}
            AS event_id_text,
        text_of(
            campaign_id_token,
{% if several %}
            if(has(doubles, campaign_id_token), 'Double', ''))
{% else %}
            if(campaign_id_token = fields['campaign_id'], JSONType(if(rewritten = '', line, rewritten), 'campaign_id'), ''))
{% endif %}
            AS campaign_id_text,
        text_of(
            ad_id_token,
{% if several %}
            if(has(doubles, ad_id_token), 'Double', ''))
{% else %}
            if(ad_id_token = fields['ad_id'], JSONType(if(rewritten = '', line, rewritten), 'ad_id'), ''))
{% endif %}
            AS ad_id_text,
        text_of(
            publisher_id_token,
{% if several %}
            if(has(doubles, publisher_id_token), 'Double', ''))
{% else %}
            if(publisher_id_token = fields['publisher_id'], JSONType(if(rewritten = '', line, rewritten), 'publisher_id'), ''))
{% endif %}
            AS publisher_id_text,
        text_of(
            user_id_token,
{% if several %}
            if(has(doubles, user_id_token), 'Double', ''))
{% else %}
            if(user_id_token = fields['user_id'], JSONType(if(rewritten = '', line, rewritten), 'user_id'), ''))
{% endif %}
            AS user_id_text,
        -- few distinct values, so each is matched once; '' where the contract does not allow it
        extract(toLowCardinality(event_type_token), '^"(' || arrayStringConcat({event_types:Array(String)}, '|') || ')"$') AS event_type_text,
        extract(toLowCardinality(country_token), '^"([A-Z]{2})"$') AS country_text,
        extract(toLowCardinality(device_token), '^"(desktop|mobile|tablet|ctv|other)"$') AS device_text
    FROM tokens
),
-- Event time: the pattern checks the form, the parser refuses the 30th of February; digits beyond what it accepts are cut off first.
times AS
(
    WITH '^"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?'
        || '([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"$' AS rfc_3339
    SELECT
        *,
        substring(event_time_token, 2, length(event_time_token) - 2) AS time_text,
        parseDateTime64BestEffortOrZero(
            upper(if(length(time_text) > 30, replaceRegexpOne(time_text, '([.][0-9]{3})[0-9]+', '\\1'), time_text)), 3, 'UTC') AS time,
        toDate(time, {timezone:String}) AS day,
        least(
            match(event_time_token, rfc_3339),
            time >= toDateTime64('1970-01-02 00:00:00', 3, {timezone:String}),
            time < toDateTime64('2149-06-06 00:00:00', 3, {timezone:String})) AS is_time
    FROM texts
),
-- Attributes: most lines have an object of plain strings, and no key that the contract does not name. For all others `members` are the
-- object's own pairs, and `kept` those and the `unnamed` keys, without nulls.
attributed AS
(
    SELECT
        *,
        least(empty(unnamed), match(attributes_token, '^([{]("[^"\\\\]*":"[^"\\\\]*"(,"[^"\\\\]*":"[^"\\\\]*")*)?[}]|null|)$')) AS is_plain,
        JSONExtract(attributes_token, 'Map(String, String)') AS plain,
        if(is_plain, [], JSONExtractKeysAndValuesRaw(attributes_token)) AS members,
        if(is_plain, [], arrayConcat(arrayFilter(pair -> pair.2 NOT IN ('', 'null'), members), unnamed)) AS kept
    FROM times
),
judged AS
(
    WITH
        text -> length(text) > 128 AND lengthUTF8(text) > 128 AS is_long,
        -- a number so small is written with an exponent, and a string may have more digits than a number
        token -> greatest(
            NOT match(token, '^("?-?[0-9]{1,9}([.][0-9]{1,9})?"?|-?[1-9](([.][0-9]{1,2})?e-7|([.][0-9])?e-8|e-9))$'),
            length(token) > if(startsWith(token, '"'), 22, 16 + startsWith(token, '-')))
            AND token NOT IN ('', 'null') AS is_no_amount,
        token -> token NOT IN ('', 'null') AND NOT (match(token, '^"?[0-9]{1,13}"?$')
            AND toUInt64OrZero(trim(BOTH '"' FROM token)) BETWEEN 1 AND 1000000000000) AS is_no_count
    SELECT
        *,
        greatest(
            event_id_text = '',
            is_long(event_id_text),
            greatest(
                position(event_id_token, '\\') > 0,
                position(event_id_token, '\x7f') > 0,
                length(event_id_text) != lengthUTF8(event_id_text)) AND match(event_id_text, '\\p{Cc}')) AS bad_event_id,
        day < {first_day:Date} AS is_expired,
        time > {latest:DateTime64(3, 'UTC')} AS is_future,
        event_type_text = '' AS bad_event_type,
        greatest(campaign_id_text = '', is_long(campaign_id_text)) AS bad_campaign_id,
        is_long(ad_id_text) AS bad_ad_id,
        is_long(publisher_id_text) AS bad_publisher_id,
        is_long(user_id_text) AS bad_user_id,
        country_text = '' AND country_token NOT IN ('', 'null', '""') AS bad_country,
        device_text = '' AND device_token NOT IN ('', 'null', '""') AS bad_device,
        is_no_count(quantity_token) OR quantity_is_inexact AS bad_quantity,
        is_no_amount(cost_token) OR cost_is_inexact AS bad_cost,
        is_no_amount(revenue_token) OR revenue_is_inexact AS bad_revenue,
        if(is_plain, greatest(length(plain) > 1000, arrayUniq(mapKeys(plain)) != length(plain)), greatest(
            length(kept) > 1000,
            attributes_token NOT IN ('', 'null') AND NOT startsWith(attributes_token, '{'),
            arrayExists(pair -> NOT startsWith(pair.2, '"') AND pair.2 != 'null', members),
            arrayUniq(members.1) != length(members),
            arrayUniq(kept.1) != length(kept))) AS bad_attributes,
        greatest(
            too_long, no_object, notEmpty(repeated), bad_event_id, NOT is_time, is_expired, is_future, bad_event_type, bad_campaign_id,
            bad_ad_id, bad_publisher_id, bad_user_id, bad_country, bad_device, bad_quantity, bad_cost, bad_revenue, bad_attributes) AS refused
    FROM attributed
),
verdicts AS
(
    WITH
        (field, is_missing, is_bad) -> multiIf(
            has(repeated, field), concat('invalid:', field),
            is_missing, concat('missing:', field),
            is_bad, concat('invalid:', field),
            '') AS reason_of
    SELECT
        *,
        if(refused, multiIf(
            too_long, ['too_long'],
{% if several %}
            no_object, [if(is_json, 'not_object', 'not_json')],
{% else %}
            no_object, [if(isValidJSON(if(rewritten = '', line, rewritten)), 'not_object', 'not_json')],
{% endif %}
            arrayFilter(reason -> reason != '', [
                reason_of('event_id', event_id_token IN ('', 'null'), bad_event_id),
                reason_of('event_time', event_time_token IN ('', 'null'), NOT is_time),
                multiIf(NOT is_time OR has(repeated, 'event_time'), '', is_expired, 'expired', is_future, 'future', ''),
                reason_of('event_type', event_type_token IN ('', 'null'), bad_event_type),
                reason_of('campaign_id', campaign_id_token IN ('', 'null'), bad_campaign_id),
                reason_of('ad_id', false, bad_ad_id),
                reason_of('publisher_id', false, bad_publisher_id),
                reason_of('user_id', false, bad_user_id),
                reason_of('country', false, bad_country),
                reason_of('device', false, bad_device),
                reason_of('quantity', false, bad_quantity),
                reason_of('cost', false, bad_cost),
                reason_of('revenue', false, bad_revenue),
                -- a repeated key that the contract does not name would be an attribute
                reason_of('attributes', false, bad_attributes OR NOT hasAll(contract_fields, repeated))])), []) AS verdict
    FROM judged
)
SELECT
    drop_no,
    line_number,
    record,
    if(refused, '', event_id_text) AS event_id,
    if(refused, toDateTime64(0, 3, 'UTC'), time) AS event_time,
    if(refused, '', event_type_text) AS event_type,
    if(refused, '', campaign_id_text) AS campaign_id,
    if(refused, '', ad_id_text) AS ad_id,
    if(refused, '', publisher_id_text) AS publisher_id,
    if(bad_user_id, '', user_id_text) AS user_id,
    if(refused, '', country_text) AS country,
    if(refused, '', device_text) AS device,
    if(refused OR quantity_token IN ('', 'null'), 1, toUInt64OrZero(trim(BOTH '"' FROM quantity_token))) AS quantity,
    if(refused, 0, toDecimal64OrZero(trim(BOTH '"' FROM cost_token), 9)) AS cost,
    if(refused, 0, toDecimal64OrZero(trim(BOTH '"' FROM revenue_token), 9)) AS revenue,
    if(NOT refused AND is_plain AND length(plain) < 2, plain, mapSort(multiIf(
        refused, map(),
        is_plain, plain,
        CAST(arrayMap(pair -> (pair.1, multiIf(
            NOT startsWith(pair.2, '"'), pair.2,
            position(pair.2, '\\') = 0, substring(pair.2, 2, length(pair.2) - 2),
            JSONExtractString(pair.2))), kept), 'Map(String, String)')))) AS attributes,
    if(refused, toDate(0), day) AS event_date,
{% if several %}
    if(is_ignored, ['ignored'], verdict) AS reasons,
{% if reasoned %}
    multiIf(is_ignored, ignored_because, refused OR keeps_line, line, '') AS line
{% else %}
    if((refused OR keeps_line) AND NOT is_ignored, line, '') AS line
{% endif %}
{% else %}
    verdict AS reasons,
    if(refused, line, '') AS line
{% endif %}
FROM verdicts
