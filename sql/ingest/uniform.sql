-- grain: one line of a batch's drops that is not empty
-- source: the lines as they are in the drops (part `lines`: drop_no, line_number, line), of a source that takes a line's keys as the event's,
--   and of drops whose first lines nearly all have one form: the same fields of the contract in the same order
-- yields: is_plain, and the columns of `contract`; of a line that is not plain, its whole `line`, and else nothing that may be used
-- A line is cut at its commas, or at those before keys, and each piece is compared, key and all, with a pattern: if all match, the line is
-- such an object, and surely accepted, with these values. That takes half as long as reading its JSON, as `plain` does. A line of any other
-- form, or with a letter that is not ASCII, may be accepted or refused: it is read as JSON, or judged by `contract`, later.
-- parts: of each field, its place among those of a line, from 1; 0 if lines do not name it (a place that no line has is looked at then).
--   `members`: how many fields they name. `comma`: what lines are cut at. `opening` and `colon`: what stands in a piece before its key, and
--   behind it, `around`: how long both are. `first`: where the first piece begins. Attributes, which may have commas, are the last if named.
-- parameters: latest, first_day, timezone, event_types: as in `contract`
-- run again: the same rows
--
-- Made by `make generate` from ads_pipeline/contract and tools/generate/templates/uniform.sql.jinja: edit those. A property test holds it
-- equal to `contract`.
WITH
given AS ({{ lines }}),
cut AS
(
    SELECT *, splitByString('{{ comma }}', substring(line, {{ first }}, least(length(line), 1048576) - {{ first }})) AS pieces
    FROM given
    WHERE startsWith(line, '{') OR NOT match(line, '^[ \\t\\n\\v\\f\\r]*$')
),
texts AS
(
    SELECT
        *,
        pieces[{{ event_id }}] AS event_id_piece,
        substring(event_id_piece, {{ around + 10 }}, length(event_id_piece) - {{ around + 10 }}) AS event_id_text,
        pieces[{{ event_time }}] AS event_time_piece,
        substring(event_time_piece, {{ around + 12 }}, length(event_time_piece) - {{ around + 12 }}) AS event_time_text,
        toLowCardinality(pieces[{{ event_type }}]) AS event_type_piece,
        substring(event_type_piece, {{ around + 12 }}, length(event_type_piece) - {{ around + 12 }}) AS event_type_text,
        toLowCardinality(pieces[{{ campaign_id }}]) AS campaign_id_piece,
        substring(campaign_id_piece, {{ around + 13 }}, length(campaign_id_piece) - {{ around + 13 }}) AS campaign_id_text,
        pieces[{{ ad_id or 4294967295 }}] AS ad_id_piece,
        substring(ad_id_piece, {{ around + 7 }}, length(ad_id_piece) - {{ around + 7 }}) AS ad_id_text,
        toLowCardinality(pieces[{{ publisher_id or 4294967295 }}]) AS publisher_id_piece,
        substring(publisher_id_piece, {{ around + 14 }}, length(publisher_id_piece) - {{ around + 14 }}) AS publisher_id_text,
        pieces[{{ user_id or 4294967295 }}] AS user_id_piece,
        substring(user_id_piece, {{ around + 9 }}, length(user_id_piece) - {{ around + 9 }}) AS user_id_text,
        toLowCardinality(pieces[{{ country or 4294967295 }}]) AS country_piece,
        substring(country_piece, {{ around + 9 }}, length(country_piece) - {{ around + 9 }}) AS country_text,
        toLowCardinality(pieces[{{ device or 4294967295 }}]) AS device_piece,
        substring(device_piece, {{ around + 8 }}, length(device_piece) - {{ around + 8 }}) AS device_text,
        pieces[{{ quantity or 4294967295 }}] AS quantity_piece,
        substring(quantity_piece, {{ around + 9 }}) AS quantity_text,
        pieces[{{ cost or 4294967295 }}] AS cost_piece,
        substring(cost_piece, {{ around + 5 }}) AS cost_text,
        pieces[{{ revenue or 4294967295 }}] AS revenue_piece,
        substring(revenue_piece, {{ around + 8 }}) AS revenue_text,
        if(length(pieces) > {{ members }}, arrayStringConcat(arraySlice(pieces, {{ members }}), '{{ comma }}'),
            pieces[{{ attributes or 4294967295 }}]) AS attributes_piece,
        substring(attributes_piece, {{ around + 11 }}) AS attributes_text,
        length(pieces) AS found
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
            startsWith(line, '{"'),
            endsWith(line, '}'),
            length(line) <= 1048576,
            time >= toDateTime64('1970-01-02 00:00:00', 3, {timezone:String}),
            time < toDateTime64('2149-06-06 00:00:00', 3, {timezone:String}),
            day >= {first_day:Date},
            time <= {latest:DateTime64(3, 'UTC')},
            match(event_id_piece, '^{{ opening }}event_id{{ colon }}"[ !#-\\[\\]-~]+"$'),
            length(event_id_text) <= 128,
            match(event_time_piece, '^{{ opening }}event_time{{ colon }}"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5]['
                || '0-9]){2}([.][0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"$'),
            match(event_type_piece, '^{{ opening }}event_type{{ colon }}"[ !#-\\[\\]-~]*"$'),
            has({event_types:Array(String)}, event_type_text),
            match(campaign_id_piece, '^{{ opening }}campaign_id{{ colon }}"[ !#-\\[\\]-~]+"$'),
            length(campaign_id_text) <= 128,
{% if ad_id %}
            match(ad_id_piece, '^{{ opening }}ad_id{{ colon }}"[ !#-\\[\\]-~]*"$'),
            length(ad_id_text) <= 128,
{% endif %}
{% if publisher_id %}
            match(publisher_id_piece, '^{{ opening }}publisher_id{{ colon }}"[ !#-\\[\\]-~]*"$'),
            length(publisher_id_text) <= 128,
{% endif %}
{% if user_id %}
            match(user_id_piece, '^{{ opening }}user_id{{ colon }}"[ !#-\\[\\]-~]*"$'),
            length(user_id_text) <= 128,
{% endif %}
{% if country %}
            match(country_piece, '^{{ opening }}country{{ colon }}"([A-Z]{2})?"$'),
{% endif %}
{% if device %}
            match(device_piece, '^{{ opening }}device{{ colon }}"(desktop|mobile|tablet|ctv|other)?"$'),
{% endif %}
{% if quantity %}
            match(quantity_piece, '^{{ opening }}quantity{{ colon }}[1-9][0-9]{0,11}$'),
{% endif %}
{% if cost %}
            match(cost_piece, '^{{ opening }}cost{{ colon }}-?(0|[1-9][0-9]{0,8})([.][0-9]{1,9})?$'),
            length(cost_text) <= 16, -- more digits a double may not keep
{% endif %}
{% if revenue %}
            match(revenue_piece, '^{{ opening }}revenue{{ colon }}-?(0|[1-9][0-9]{0,8})([.][0-9]{1,9})?$'),
            length(revenue_text) <= 16, -- more digits a double may not keep
{% endif %}
{% if attributes %}
            match(attributes_piece, '^{{ opening }}attributes{{ colon }}[{]("[ !#-\\[\\]-~]*": ?"[ !#-\\[\\]-~]*"(, ?"[ !#-\\[\\]-~]*": ?"[ !#-\\[\\]-~]*")*)?[}]$'),
            length(own) <= 1000,
            length(own) < 2 OR arrayUniq(mapKeys(own)) = length(own),
{% endif %}
            found {% if attributes %}>{% endif %}= {{ members }}) AS is_plain
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
