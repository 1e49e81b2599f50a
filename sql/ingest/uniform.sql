-- grain: one line of a batch's drops that is not empty
-- source: the lines as they are in the drops (part `lines`: drop_no, line_number, line), of a source that takes a line's keys as the event's,
--   and of drops whose first lines nearly all have one form: the same fields of the contract in the same order
-- yields: is_plain, and the columns of `contract`; of a line that is not plain, its whole `line`, and else nothing that may be used
-- A line is cut at its commas, or at those before keys, and each piece is compared, key and all, with a pattern: if all match, the line is
-- such an object, and surely accepted, with these values. That takes half as long as reading its JSON, as `plain` does. A line of any other
-- form, or with a letter that is not ASCII, may be accepted or refused: it is read as JSON, or judged by `contract`, later.
-- parts: of each field, its place among those of a line, from 1; 0 if lines do not name it (a place that no line has is looked at then).
--   `members`: how many fields they name. `comma`: what lines are cut at; behind the last field's key, commas may follow. `openings` and
--   `closings`: by place, what stands in a piece before its key and behind its value. `colon`: what stands behind a key. `lead`: how long
--   opening and colon are, `trail`: the closing. Attributes, which may have commas, are the last if named.
-- parameters: latest, first_day, timezone, event_types: as in `contract`
-- run again: the same rows
--
-- Made by `make generate` from ads_pipeline/contract and tools/generate/templates/uniform.sql.jinja: edit those. A property test holds it
-- equal to `contract`.
WITH
given AS ({{ lines }}),
cut AS
(
    SELECT *, splitByString('{{ comma }}', line, {{ members }}) AS pieces
    FROM given
    WHERE startsWith(line, '{') OR NOT match(line, '^[ \\t\\n\\v\\f\\r]*$')
),
texts AS
(
    SELECT
        *,
        pieces[{{ event_id }}] AS event_id_piece,
        substring(event_id_piece, {{ lead[event_id] + 10 }},
            length(event_id_piece) - {{ lead[event_id] + 10 + trail[event_id] }}) AS event_id_text,
        pieces[{{ event_time }}] AS event_time_piece,
        substring(event_time_piece, {{ lead[event_time] + 12 }},
            length(event_time_piece) - {{ lead[event_time] + 12 + trail[event_time] }}) AS event_time_text,
        toLowCardinality(pieces[{{ event_type }}]) AS event_type_piece,
        substring(event_type_piece, {{ lead[event_type] + 12 }},
            length(event_type_piece) - {{ lead[event_type] + 12 + trail[event_type] }}) AS event_type_text,
        toLowCardinality(pieces[{{ campaign_id }}]) AS campaign_id_piece,
        substring(campaign_id_piece, {{ lead[campaign_id] + 13 }},
            length(campaign_id_piece) - {{ lead[campaign_id] + 13 + trail[campaign_id] }}) AS campaign_id_text,
        pieces[{{ ad_id or 4294967295 }}] AS ad_id_piece,
        substring(ad_id_piece, {{ lead[ad_id] + 7 }},
            length(ad_id_piece) - {{ lead[ad_id] + 7 + trail[ad_id] }}) AS ad_id_text,
        toLowCardinality(pieces[{{ publisher_id or 4294967295 }}]) AS publisher_id_piece,
        substring(publisher_id_piece, {{ lead[publisher_id] + 14 }},
            length(publisher_id_piece) - {{ lead[publisher_id] + 14 + trail[publisher_id] }}) AS publisher_id_text,
        pieces[{{ user_id or 4294967295 }}] AS user_id_piece,
        substring(user_id_piece, {{ lead[user_id] + 9 }},
            length(user_id_piece) - {{ lead[user_id] + 9 + trail[user_id] }}) AS user_id_text,
        toLowCardinality(pieces[{{ country or 4294967295 }}]) AS country_piece,
        substring(country_piece, {{ lead[country] + 9 }},
            length(country_piece) - {{ lead[country] + 9 + trail[country] }}) AS country_text,
        toLowCardinality(pieces[{{ device or 4294967295 }}]) AS device_piece,
        substring(device_piece, {{ lead[device] + 8 }},
            length(device_piece) - {{ lead[device] + 8 + trail[device] }}) AS device_text,
        pieces[{{ quantity or 4294967295 }}] AS quantity_piece,
        substring(quantity_piece, {{ lead[quantity] + 9 }},
            length(quantity_piece) - {{ lead[quantity] + 8 + trail[quantity] }}) AS quantity_text,
        pieces[{{ cost or 4294967295 }}] AS cost_piece,
        substring(cost_piece, {{ lead[cost] + 5 }},
            length(cost_piece) - {{ lead[cost] + 4 + trail[cost] }}) AS cost_text,
        pieces[{{ revenue or 4294967295 }}] AS revenue_piece,
        substring(revenue_piece, {{ lead[revenue] + 8 }},
            length(revenue_piece) - {{ lead[revenue] + 7 + trail[revenue] }}) AS revenue_text,
        pieces[{{ attributes or 4294967295 }}] AS attributes_piece,
        substring(attributes_piece, {{ lead[attributes] + 11 }},
            length(attributes_piece) - {{ lead[attributes] + 10 + trail[attributes] }}) AS attributes_text
    FROM cut
),
judged AS
(
    SELECT
        *,
        parseDateTime64BestEffortOrZero(event_time_text, 3, 'UTC') AS time,
        toDate(time, {timezone:String}) AS day,
        JSONExtract(attributes_text, 'Map(String, String)') AS own,
        least(
            time >= toDateTime64('1970-01-02 00:00:00', 3, {timezone:String}),
            time < toDateTime64('2149-06-06 00:00:00', 3, {timezone:String}),
            day >= {first_day:Date},
            time <= {latest:DateTime64(3, 'UTC')},
            match(event_id_piece, '^{{ openings[event_id] }}event_id{{ colon }}"[ !#-\\[\\]-~]+"{{ closings[event_id] }}$'),
            length(event_id_text) <= 128,
            match(event_time_piece, '^{{ openings[event_time] }}event_time{{ colon }}"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T('
                || '[01][0-9]|2[0-3])(:[0-5][0-9]){2}([.][0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):'
                || '[0-5][0-9])"{{ closings[event_time] }}$'),
            match(event_type_piece, '^{{ openings[event_type] }}event_type{{ colon }}"[ !#-\\[\\]-~]*"{{ closings[event_type] }}$'),
            has({event_types:Array(String)}, event_type_text),
            match(campaign_id_piece, '^{{ openings[campaign_id] }}campaign_id{{ colon }}"[ !#-\\[\\]-~]+"{{ closings[campaign_id] }}$'),
            length(campaign_id_text) <= 128,
{% if ad_id %}
            match(ad_id_piece, '^{{ openings[ad_id] }}ad_id{{ colon }}"[ !#-\\[\\]-~]*"{{ closings[ad_id] }}$'),
            length(ad_id_text) <= 128,
{% endif %}
{% if publisher_id %}
            match(publisher_id_piece, '^{{ openings[publisher_id] }}publisher_id{{ colon }}"[ !#-\\[\\]-~]*"{{ closings[publisher_id] }}$'),
            length(publisher_id_text) <= 128,
{% endif %}
{% if user_id %}
            match(user_id_piece, '^{{ openings[user_id] }}user_id{{ colon }}"[ !#-\\[\\]-~]*"{{ closings[user_id] }}$'),
            length(user_id_text) <= 128,
{% endif %}
{% if country %}
            match(country_piece, '^{{ openings[country] }}country{{ colon }}"([A-Z]{2})?"{{ closings[country] }}$'),
{% endif %}
{% if device %}
            match(device_piece, '^{{ openings[device] }}device{{ colon }}"(desktop|mobile|tablet|ctv|other)?"{{ closings[device] }}$'),
{% endif %}
{% if quantity %}
            match(quantity_piece, '^{{ openings[quantity] }}quantity{{ colon }}[1-9][0-9]{0,11}{{ closings[quantity] }}$'),
{% endif %}
{% if cost %}
            match(cost_piece, '^{{ openings[cost] }}cost{{ colon }}-?(0|[1-9][0-9]{0,8})([.][0-9]{1,9})?{{ closings[cost] }}$'),
            length(cost_text) <= 16, -- more digits a double may not keep
{% endif %}
{% if revenue %}
            match(revenue_piece, '^{{ openings[revenue] }}revenue{{ colon }}-?(0|[1-9][0-9]{0,8})([.][0-9]{1,9})?{{ closings[revenue] }}$'),
            length(revenue_text) <= 16, -- more digits a double may not keep
{% endif %}
{% if attributes %}
            match(attributes_piece, '^{{ openings[attributes] }}attributes{{ colon }}[{]("[ !#-\\[\\]-~]*": ?"[ !#-\\[\\]-~]*"(, ?"[ !#-\\[\\]-~]*": ?"[ '
                || '!#-\\[\\]-~]*")*)?[}]{{ closings[attributes] }}$'),
            length(own) <= 1000,
            length(own) < 2 OR arrayUniq(mapKeys(own)) = length(own),
{% endif %}
            length(line) <= 1048576) AS is_plain
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
    if(length(own) < 2, own, mapSort(own)) AS attributes,
    day AS event_date,
    emptyArrayString() AS reasons,
    if(is_plain, '', line) AS line
FROM judged
SETTINGS splitby_max_substrings_includes_remaining_string = 1
