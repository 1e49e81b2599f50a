{# Of each record its kind (`row`, `total`, `note` without amounts, a `wide` one, `day` or `amount` that cannot be read), day, keys and amounts. #}
WITH
-- each SELECT has the lambdas that it uses: 24.10 does not find those of another
{% include "reconcile/numbers.sql" %},
{% include "reconcile/totals.sql" %},
['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'] AS months,
read AS ({{ cells }}),
-- the day as (year, month, day)
dated AS
(
    WITH
        name -> leftPad(toString(arrayFirstIndex(month -> startsWith(month, name), months)), 2, '0') AS month_of,
        year -> if(length(year) = 2, concat('20', year), year) AS year_of
    SELECT
        line,
        is_wide,
        cells,
        lower(cells[1]) AS day_cell,
        extractGroups(day_cell, '^([0-9]{4})[-/.]?([0-9]{1,2})[-/.]?([0-9]{1,2})(?:[t ].*)?$') AS year_first,
        extractGroups(day_cell, '^([0-9]{1,2})([-/.])([0-9]{1,2})[-/.]([0-9]{4}|[0-9]{2})(?:,?[t ].*)?$') AS short,
        extractGroups(day_cell, '^(?:[a-z]+,? +)?([a-z]{3,9})[.]? +([0-9]{1,2})(?:st|nd|rd|th)?,? +([0-9]{4})$') AS month_named,
        extractGroups(day_cell, '^(?:[a-z]+,? +)?([0-9]{1,2})[. -]+([a-z]{3,9})[.]?,?[ -]+([0-9]{4}|[0-9]{2})$') AS day_named,
        multiIf(
            notEmpty(year_first), (year_first[1], year_first[2], year_first[3]),
            notEmpty(short) AND (short[2] = '.' OR {day_first:Bool}), (year_of(short[4]), short[3], short[1]),
            notEmpty(short), (year_of(short[4]), short[1], short[3]),
            notEmpty(month_named), (month_named[3], month_of(month_named[1]), month_named[2]),
            notEmpty(day_named), (year_of(day_named[3]), month_of(day_named[2]), day_named[1]),
            ('', '', '')) AS written,
        concat(written.1, '-', leftPad(written.2, 2, '0'), '-', leftPad(written.3, 2, '0')) AS day_text,
        toDateOrNull(day_text) AS found_day,
        if(toString(found_day) = day_text, found_day, NULL) AS day
    FROM read
),
-- amounts as plain decimals; '' where there is none, NULL where it cannot be read
amounted AS
(
    WITH
    {% include "reconcile/numbers.sql" %}

    SELECT
        line,
        is_wide,
        cells[1] AS day_cell,
        day,
        arraySlice(cells, 2, {keys:UInt32}) AS keys,
        arraySlice(cells, 2 + {keys:UInt32}) AS amount_cells,
        arrayMap(cell -> if({decimal_comma:Bool}, translate(number_of(cell), ',.', '.,'), number_of(cell)), amount_cells) AS numbers,
        arrayMap(
            (cell, number) -> multiIf(
                is_nothing(cell), '',
                match(number, '^-?([0-9]{1,26}|[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3})?([.][0-9]{0,12})?$') AND match(number, '[0-9]'),
                    replaceAll(number, ',', ''),
                NULL),
            amount_cells, numbers) AS plain
    FROM dated
)
SELECT
    multiIf(
        arrayAll(cell -> cell = '', arrayConcat([day_cell], keys, amount_cells)), 'empty',
        arrayExists(key -> is_total(key), keys) AND NOT {total_is_key:Bool}, 'total',
        isNull(day) AND (is_total(day_cell) OR is_nothing(day_cell) AND arrayAll(key -> is_nothing(key), keys))
            AND NOT arrayAll(number -> isNotNull(number) AND number = '', plain), 'total',
        isNull(day) AND arrayAll(cell -> is_nothing(cell), amount_cells), 'note',
        is_wide, 'wide',
        isNull(day), 'day',
        arrayExists(number -> isNull(number), plain), 'amount',
        'row') AS kind,
    line,
    day_cell,
    day,
    keys,
    amount_cells,
    plain,
    arrayMap(number -> ifNull(toDecimal128OrZero(ifNull(number, ''), 12), 0), plain) AS amounts,
    arrayMap(number -> if(position(number, '.') > 0, length(number) - position(number, '.'), 0), arrayMap(number -> ifNull(number, ''), plain)) AS digits
FROM amounted
