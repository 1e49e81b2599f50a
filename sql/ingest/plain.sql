-- grain: one line of a batch's drops that is not empty
-- source: the lines as they are in the drops (part `lines`: drop_no, line_number, line), of a source that takes a line's keys as the event's
-- yields: is_plain, and the columns of `contract`; of a line that is not plain, its whole `line`, and else nothing that may be used
-- A *plain* line is one that is surely accepted, with these values: its values were read once, into the types of their columns, and cheap
-- conditions show that `contract` would find the same. Any other line may be accepted or refused: `contract` judges it.
-- parameters: latest, first_day, timezone, event_types: as in `contract`
-- run again: the same rows
--
-- Made by `make generate` from ads_pipeline/contract and tools/generate/templates/plain.sql.jinja: edit those. A property test holds it
-- equal to `contract`.
--
-- `contract` says what to mind in the form of such a statement. What is read of a line is text: the content of a string, a number as
-- `contract` has its token, true and false, an object or a list as compact JSON; '' for null, for "", and for what is absent. So a text
-- that may have been no string is looked at again by its JSONType.
WITH
['event_id', 'event_time', 'event_type', 'campaign_id', 'ad_id', 'publisher_id', 'user_id', 'country', 'device', 'quantity', 'cost',
 'revenue', 'attributes'] AS contract_fields,
['ad_id', 'publisher_id', 'user_id', 'country', 'device'] AS may_be_empty,
given AS ({{ lines }}),
shortened AS
(
    SELECT *, if(length(line) > 1048576, '', line) AS text
    FROM given
    WHERE startsWith(line, '{') OR NOT match(line, '^[ \\t\\n\\v\\f\\r]*$')
),
parsed AS
(
    SELECT
        *,
        JSONExtract(text, 'Tuple(event_id String, event_time String, event_type LowCardinality(String), campaign_id LowCardinality(String),
            ad_id String, publisher_id LowCardinality(String), user_id String, country LowCardinality(String),
            device LowCardinality(String), quantity String, cost String, revenue String, attributes String)') AS read,
        JSONLength(text) AS members
    FROM shortened
),
texts AS
(
    SELECT
        * EXCEPT read,
        tupleElement(read, 'event_id') AS event_id_text,
        tupleElement(read, 'event_time') AS event_time_text,
        tupleElement(read, 'event_type') AS event_type_text,
        tupleElement(read, 'campaign_id') AS campaign_id_text,
        tupleElement(read, 'ad_id') AS ad_id_text,
        tupleElement(read, 'publisher_id') AS publisher_id_text,
        tupleElement(read, 'user_id') AS user_id_text,
        tupleElement(read, 'country') AS country_text,
        tupleElement(read, 'device') AS device_text,
        tupleElement(read, 'quantity') AS quantity_text,
        tupleElement(read, 'cost') AS cost_text,
        tupleElement(read, 'revenue') AS revenue_text,
        tupleElement(read, 'attributes') AS attributes_text,
        (event_id_text != '') + (event_time_text != '') + (event_type_text != '') + (campaign_id_text != '') + (ad_id_text != '')
            + (publisher_id_text != '') + (user_id_text != '') + (country_text != '') + (device_text != '') + (quantity_text != '')
            + (cost_text != '') + (revenue_text != '') + (attributes_text != '') AS named,
        -- as many members as texts: each is a field's, and none stands twice; otherwise the pairs tell
        members = named AS all_named,
        if(all_named, [], JSONExtractKeysAndValuesRaw(text)) AS pairs,
        arrayFilter(pair -> pair.2 != 'null' AND NOT has(contract_fields, pair.1), pairs) AS unnamed
    FROM parsed
),
judged AS
(
    WITH
        value -> value != '' AND match(value, '^([{\\[]|(true|false|-?[0-9][-+.0-9Ee]*)$)') AS may_be_no_string,
        text -> length(text) > 128 AND lengthUTF8(text) > 128 AS is_long,
        value -> value = '' OR (match(value, '^-?[0-9]{1,9}([.][0-9]{1,9})?$')
            AND length(value) <= 16 + startsWith(value, '-')) AS is_amount,
        value -> value = '' OR (match(value, '^[0-9]{1,13}$')
            AND toUInt64OrZero(value) BETWEEN 1 AND 1000000000000) AS is_count,
        '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?'
            || '([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$' AS rfc_3339
    SELECT
        *,
        parseDateTime64BestEffortOrZero(
            upper(if(length(event_time_text) > 30, replaceRegexpOne(event_time_text, '([.][0-9]{3})[0-9]+', '\\1'), event_time_text)),
            3, 'UTC') AS time,
        toDate(time, {timezone:String}) AS day,
        JSONExtract(attributes_text, 'Map(String, String)') AS own,
        length(own) + length(unnamed) AS attributes_length,
        least(
            startsWith(text, '{'),
            all_named OR (
                arrayUniq(pairs.1) = length(pairs)
                AND named + arrayCount(
                    pair -> NOT has(contract_fields, pair.1) OR pair.2 = 'null' OR (pair.2 = '""' AND has(may_be_empty, pair.1)),
                    pairs) = members),
            -- a number that a double may not keep
            NOT match(text, ':[ \\t\\n\\r]*-?(?:[0-9.]{16,}|[0-9.]+[eE]-[0-9]{3})'),
            event_id_text != '',
            NOT is_long(event_id_text),
            NOT may_be_no_string(event_id_text) OR JSONType(text, 'event_id') = 'String'
                OR (match(event_id_text, '^-?[0-9]+$') AND JSONType(text, 'event_id') IN ('Int64', 'UInt64')),
            match(event_id_text, '^[ -~]*$') OR NOT match(event_id_text, '\\p{Cc}'),
            campaign_id_text != '',
            NOT is_long(campaign_id_text),
            NOT may_be_no_string(campaign_id_text) OR JSONType(text, 'campaign_id') = 'String'
                OR (match(campaign_id_text, '^-?[0-9]+$') AND JSONType(text, 'campaign_id') IN ('Int64', 'UInt64')),
            NOT is_long(ad_id_text),
            NOT may_be_no_string(ad_id_text) OR JSONType(text, 'ad_id') = 'String'
                OR (match(ad_id_text, '^-?[0-9]+$') AND JSONType(text, 'ad_id') IN ('Int64', 'UInt64')),
            NOT is_long(publisher_id_text),
            NOT may_be_no_string(publisher_id_text) OR JSONType(text, 'publisher_id') = 'String'
                OR (match(publisher_id_text, '^-?[0-9]+$') AND JSONType(text, 'publisher_id') IN ('Int64', 'UInt64')),
            NOT is_long(user_id_text),
            NOT may_be_no_string(user_id_text) OR JSONType(text, 'user_id') = 'String'
                OR (match(user_id_text, '^-?[0-9]+$') AND JSONType(text, 'user_id') IN ('Int64', 'UInt64')),
            has({event_types:Array(String)}, event_type_text) AND event_type_text NOT IN ('true', 'false'),
            match(country_text, '^([A-Z]{2})?$'),
            match(device_text, '^(desktop|mobile|tablet|ctv|other)?$'),
            is_amount(cost_text),
            is_amount(revenue_text),
            is_count(quantity_text),
            match(event_time_text, rfc_3339),
            time >= toDateTime64('1970-01-02 00:00:00', 3, {timezone:String}),
            time < toDateTime64('2149-06-06 00:00:00', 3, {timezone:String}),
            day >= {first_day:Date},
            time <= {latest:DateTime64(3, 'UTC')},
            match(attributes_text, '^([{]("[^"\\\\]*":"[^"\\\\]*"(,"[^"\\\\]*":"[^"\\\\]*")*)?[}]|)$'),
            -- or a string that holds the text of an object
            (attributes_text != '{}' AND position(text, '\\') = 0) OR attributes_text = '' OR JSONType(text, 'attributes') = 'Object',
            attributes_length <= 1000,
            attributes_length < 2 OR arrayUniq(arrayConcat(mapKeys(own), unnamed.1)) = attributes_length) AS is_plain
    FROM texts
)
SELECT
    is_plain,
    drop_no,
    line_number,
    toUInt32(0) AS record,
    event_id_text AS event_id,
    time AS event_time,
    event_type_text AS event_type,
    campaign_id_text AS campaign_id,
    ad_id_text AS ad_id,
    publisher_id_text AS publisher_id,
    user_id_text AS user_id,
    country_text AS country,
    device_text AS device,
    if(quantity_text = '', 1, toUInt64OrZero(quantity_text)) AS quantity,
    toDecimal64OrZero(cost_text, 9) AS cost,
    toDecimal64OrZero(revenue_text, 9) AS revenue,
    if(attributes_length < 2 AND empty(unnamed), own, mapSort(mapConcat(own, CAST(arrayMap(pair -> (pair.1, multiIf(
        NOT startsWith(pair.2, '"'), pair.2,
        position(pair.2, '\\') = 0, substring(pair.2, 2, length(pair.2) - 2),
        JSONExtractString(pair.2))), unnamed), 'Map(String, String)')))) AS attributes,
    day AS event_date,
    emptyArrayString() AS reasons,
    if(is_plain, '', line) AS line
FROM judged
