{# Lines of a source that quarantine holds, as events, read as far as they can be: a field that cannot is empty or its default; without a time
that can be read, no event. `event_date` stands for the day, counted from {base}, and the place in {because} of the reasons of the line. #}
SELECT
    * EXCEPT (day, because), day AS refused_day, because AS refused_because,
    toDate(toUInt16(64 * toUInt16(day - {base:Date}) + least(63, indexOf({because:Array(String)}, because)))) AS event_date
FROM
(
    WITH
        token -> trimBoth(multiIf(startsWith(token, '"'), JSONExtractString(token), token = 'null', '', token)) AS text_of,
        text -> replaceRegexpAll(text, '[^0-9.,-]', '') AS digits_of,
        digits -> if(position(digits, '.') > 0, replaceAll(digits, ',', ''), replaceAll(digits, ',', '.')) AS plain_of
    SELECT
        {% for name in texts %}
        text_of(given[replaceAll('{{ name }}', char(96), '')]) AS {{ name }},
        {% endfor %}
        {% for name, default in amounts %}
        ifNull(toDecimal128OrNull(plain_of(digits_of(text_of(given[replaceAll('{{ name }}', char(96), '')]))), 9), {{ default }}) AS {{ name }},
        {% endfor %}
        parseDateTime64BestEffortOrNull(text_of(given['event_time']), 3, 'UTC') AS read_time,
        assumeNotNull(read_time) AS event_time,
        JSONExtract(given['attributes'], 'Map(String, String)') AS attributes,
        toDate(event_time, {timezone:String}) AS day,
        arrayStringConcat(reasons, ' ') AS because,
        drop,
        line_number
    FROM
    (
        WITH
            {time_zone:String} AS time_zone,
            lines AS
            (
                SELECT
                    toUInt32(1) AS drop_no, drop, line_number, record, reasons, line, '' AS rewritten, false AS no_object,
                    CAST([], 'Array(String)') AS repeated, CAST(JSONExtractKeysAndValuesRaw(line), 'Map(String, String)') AS fields
                FROM ({% include "reconcile/held_texts.sql" %})
            )
        SELECT
            reasons, drop, line_number,
            {% if several %}CAST(events, 'Array(Map(String, String))')[greatest(record, 1)]{% else %}event{% endif %} AS given
        FROM ({{ source }})
    )
    WHERE isNotNull(read_time)
)
WHERE day IN {days:Array(Date)}
