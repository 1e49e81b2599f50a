-- grain: one record of a line of a batch's drops that is not empty, and one for a line that the source ignores (reason `ignored`)
-- source: the lines as they are in the drops (part `lines`: drop_no, line_number, line), mapped to events by a source (part `source`)
-- yields: is_plain, of a line's records the same, and the columns of `contract`; of a line that is not plain, its whole `line` with the first
--   record (0 or 1), and else nothing that may be used. The others are not filtered out, as that takes longer where all lines are plain
-- A *plain* record is one that is surely accepted, with these values: cheap conditions show that `contract` would find the same. Any other may
-- be accepted or refused: `contract` judges its line, by the source again. No record of a plain line needs the line's text in quarantine.
-- parameters: latest, first_day, timezone, event_types, time_zone: as in `contract`
-- run again: the same rows
--
-- Made by `make generate` from ads_pipeline/contract and tools/generate/templates/plain_records.sql.jinja: edit those. A property test
-- holds it equal to `contract`, which says what a token is, and what to mind in the form of such a statement.
WITH
['event_id', 'event_time', 'event_type', 'campaign_id', 'ad_id', 'publisher_id', 'user_id', 'country', 'device', 'quantity', 'cost',
 'revenue', 'attributes'] AS contract_fields,
token -> substring(token, 1 + startsWith(token, '"'), (length(token) - 2 * startsWith(token, '"')) * (token != 'null')) AS text_of,
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
    SELECT *, if(length(line) > 1048576, [], {% if reads_fields %}JSONExtractKeysAndValuesRaw{% else %}JSONExtractKeys{% endif %}(line)) AS read
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
{% if reads_fields %}
    SELECT *, if(rewritten = '', read, JSONExtractKeysAndValuesRaw(rewritten)) AS pairs, pairs.1 AS keys
{% else %}
    SELECT *, if(rewritten = '', read, JSONExtractKeys(rewritten)) AS keys
{% endif %}
    FROM reread
),
-- Numbers that a double does not keep: those with a fraction or an exponent that have more digits, or are so small that they would be zero.
-- As a value of the line each stands as it is written: the line is read once more with them in quotes. One that lies deeper a source may
-- yield as the shortest double: those are known by value, without its sign, if no value of the line is the same.
inexact AS
(
    WITH
{% if not reads_fields %}
        JSONExtractKeysAndValuesRaw(if(rewritten = '', line, rewritten)) AS pairs, -- of few lines
{% endif %}
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
{% if not reads_fields %}
    WITH JSONExtractKeysAndValuesRaw(if(rewritten = '', line, rewritten)) AS pairs -- if the engine finds that they are read
{% endif %}
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
SELECT
    drop_no, line_number, line,
{% if reasoned %}
    substringUTF8(coalesce(toString(ignored_because), ''), 1, 128) AS because,
{% endif %}
    least(NOT no_object, length(line) <= 1048576, empty(repeated), empty(deep_inexact)) AS is_simple,
    rewritten,
    CAST({% if several %}events{% else %}[event]{% endif %}, 'Array(Map(String, String))') AS all_events
FROM source)
),
tokens AS
(
    SELECT
        * EXCEPT all_events,
        length(all_events) AS wanted,
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
        arrayMap(
            token -> parseDateTime64BestEffortOrZero(upper(substring(token, 2, length(token) - 2)), 3, 'UTC'),
            event_time_tokens) AS times
    FROM records
),
judged AS
(
    WITH
        token -> match(token, '^-?[0-9]{1,127}$') AS is_integer,
        -- a string without an escape, of few bytes, or none
        token -> least(position(token, '\\') = 0, length(token) <= 130, startsWith(token, '"') OR token IN ('', 'null')
            OR is_integer(token)) AS is_short,
        token -> match(token, '^(|null|"?-?[0-9]{1,9}([.][0-9]{1,9})?"?)$')
            AND (length(token) <= 16 + startsWith(token, '-') OR startsWith(token, '"')) AS is_amount,
        '^"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?'
            || '([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"$' AS rfc_3339
    SELECT
        *,
        -- 0: not plain; 2: if its ids that are integers are no doubles
        arrayMap(
            (event_id_token, event_time_token, event_type_token, campaign_id_token, ad_id_token, publisher_id_token, user_id_token,
             country_token, device_token, quantity_token, cost_token, revenue_token, attributes_token, unnamed, time) -> least(
                is_short(event_id_token),
                event_id_token NOT IN ('', 'null', '""', '"'),
                match(event_id_token, '^[ -~]*$') OR NOT match(event_id_token, '\\p{Cc}'),
                is_short(campaign_id_token),
                campaign_id_token NOT IN ('', 'null', '""', '"'),
                is_short(ad_id_token),
                is_short(publisher_id_token),
                is_short(user_id_token),
                has(arrayMap(type -> concat('"', type, '"'), {event_types:Array(String)}), event_type_token),
                match(country_token, '^("([A-Z]{2})"|""|null|)$'),
                match(device_token, '^("(desktop|mobile|tablet|ctv|other)"|""|null|)$'),
                is_amount(cost_token),
                is_amount(revenue_token),
                match(quantity_token, '^(|null|"?[1-9][0-9]{0,11}"?)$'),
                match(event_time_token, rfc_3339),
                length(event_time_token) <= 32, -- the parser refuses more digits
                time >= toDateTime64('1970-01-02 00:00:00', 3, {timezone:String}),
                time < toDateTime64('2149-06-06 00:00:00', 3, {timezone:String}),
                toDate(time, {timezone:String}) >= {first_day:Date},
                time <= {latest:DateTime64(3, 'UTC')},
                -- at most one attribute, or different ones
                (empty(unnamed) AND match(attributes_token, '^([{]("[^"\\\\]*":"[^"\\\\]*")?[}]|null|)$')) OR (
                    match(attributes_token, '^([{]("[^"\\\\]*":"[^"\\\\]*"(,"[^"\\\\]*":"[^"\\\\]*")*)?[}]|null|)$')
                    AND length(unnamed) + length(attributes_token) / 5 < 1000
                    AND arrayUniq(arrayConcat(JSONExtractKeys(attributes_token), unnamed.1))
                        = length(JSONExtractKeys(attributes_token)) + length(unnamed))
            ) * (2 - least(
                startsWith(event_id_token, '"') OR event_id_token IN ('', 'null'),
                startsWith(campaign_id_token, '"') OR campaign_id_token IN ('', 'null'),
                startsWith(ad_id_token, '"') OR ad_id_token IN ('', 'null'),
                startsWith(publisher_id_token, '"') OR publisher_id_token IN ('', 'null'),
                startsWith(user_id_token, '"') OR user_id_token IN ('', 'null'))
            ),
            event_id_tokens, event_time_tokens, event_type_tokens, campaign_id_tokens, ad_id_tokens, publisher_id_tokens, user_id_tokens,
            country_tokens, device_tokens, quantity_tokens, cost_tokens, revenue_tokens, attributes_tokens, unnamed_of, times) AS verdicts,
        -- to an id that is an integer its type matters: 1.0 has the token 1
        is_simple AND NOT has(verdicts, 0) AND NOT (has(verdicts, 2) AND greatest(
            JSONType(if(rewritten = '', line, rewritten), 'event_id') = 'Double',
            JSONType(if(rewritten = '', line, rewritten), 'campaign_id') = 'Double',
            JSONType(if(rewritten = '', line, rewritten), 'ad_id') = 'Double',
            JSONType(if(rewritten = '', line, rewritten), 'publisher_id') = 'Double',
            JSONType(if(rewritten = '', line, rewritten), 'user_id') = 'Double')
        ) AS is_plain
    FROM tokens
),
joined AS
(
    SELECT
        is_plain, drop_no, line_number, record_number,
        if(is_plain OR wanted > 0, '', line) AS line_without_records,
        record_line,
{% if reasoned %}
        because,
{% endif %}
        event_id_token, event_time_token, event_type_token, campaign_id_token, ad_id_token, publisher_id_token, user_id_token,
        country_token, device_token, quantity_token, cost_token, revenue_token, attributes_token, unnamed, time
    FROM judged
    LEFT ARRAY JOIN
        arrayEnumerate(verdicts) AS record_number, arrayResize([if(is_plain, '', line)], wanted) AS record_line,
        event_id_tokens AS event_id_token, event_time_tokens AS event_time_token, event_type_tokens AS event_type_token,
        campaign_id_tokens AS campaign_id_token, ad_id_tokens AS ad_id_token, publisher_id_tokens AS publisher_id_token,
        user_id_tokens AS user_id_token, country_tokens AS country_token, device_tokens AS device_token, quantity_tokens AS quantity_token,
        cost_tokens AS cost_token, revenue_tokens AS revenue_token, attributes_tokens AS attributes_token,
        unnamed_of AS unnamed, times AS time
),
attributed AS
(
    SELECT *, record_number = 0 AS is_ignored, JSONExtract(attributes_token, 'Map(String, String)') AS own
    FROM joined
)
SELECT
    is_plain,
    drop_no,
    line_number,
    toUInt32({% if several %}record_number{% else %}0{% endif %}) AS record,
    text_of(event_id_token) AS event_id,
    time AS event_time,
    extract(toLowCardinality(event_type_token), '^"(.*)"$') AS event_type,
    text_of(campaign_id_token) AS campaign_id,
    text_of(ad_id_token) AS ad_id,
    text_of(publisher_id_token) AS publisher_id,
    text_of(user_id_token) AS user_id,
    extract(toLowCardinality(country_token), '^"([A-Z]{2})"$') AS country,
    extract(toLowCardinality(device_token), '^"(desktop|mobile|tablet|ctv|other)"$') AS device,
    if(quantity_token IN ('', 'null'), 1, toUInt64OrZero(trim(BOTH '"' FROM quantity_token))) AS quantity,
    toDecimal64OrZero(trim(BOTH '"' FROM cost_token), 9) AS cost,
    toDecimal64OrZero(trim(BOTH '"' FROM revenue_token), 9) AS revenue,
    if(length(own) < 2 AND empty(unnamed), own, mapSort(mapConcat(own, CAST(arrayMap(pair -> (pair.1, multiIf(
        NOT startsWith(pair.2, '"'), pair.2,
        position(pair.2, '\\') = 0, substring(pair.2, 2, length(pair.2) - 2),
        JSONExtractString(pair.2))), unnamed), 'Map(String, String)')))) AS attributes,
    if(is_ignored, toDate(0), toDate(time, {timezone:String})) AS event_date,
    if(is_ignored, ['ignored'], emptyArrayString()) AS reasons,
{% if reasoned %}
    multiIf(NOT is_ignored, record_line, is_plain, because, line_without_records) AS line
{% else %}
    if(is_ignored, line_without_records, record_line) AS line
{% endif %}
FROM attributed
