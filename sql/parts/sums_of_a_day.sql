-- sums_of_a_day(value): `events` of a row of a daily report. The value is a tuple: a map of the fields that all of them share, the three counts
--   (impressions, clicks, conversions), the cost, the revenue. A count becomes one event of that quantity, a count of 0 none; conversions are rounded. The
--   cost stands on the first of these events, the revenue on the conversions or else on the first. Money without any count is refused: `invalid:quantity`
-- example: length(sums_of_a_day((map('event_id', '"a"'), ['"12"', '"0"', '"1.5"'], '"3.20"', '"9"'))) → 2
-- example: sums_of_a_day((map('event_id', '"a"'), ['"0"', '', '"2"'], '"3.20"', '"9"'))[1]['cost'] → "3.20"
SELECT
(
    value -> arrayMap(
        amounts -> arrayMap(
            (counts, cost, revenue) -> arrayMap(
                first -> arrayFilter(
                    event -> event['quantity'] != '"0"' OR event['cost'] != '' OR event['revenue'] != '',
                    arrayMap(
                        (type, quantity, place) -> mapConcat(value.1, map(
                            'event_type', type,
                            'quantity', quantity,
                            'cost', if(place = first, cost, ''),
                            'revenue', if(place = if(counts[3] = '"0"', first, 3), revenue, ''))),
                        ['"impression"', '"click"', '"conversion"'], counts, [1, 2, 3])),
                [greatest(1, arrayFirstIndex(count -> count != '"0"', counts))])[1],
            [[_whole(amounts[1]), _whole(amounts[2]), _rounded(amounts[3])]],
            [if(match(amounts[4], '^"?-?[0.]*"?$'), '', amounts[4])],
            [if(match(amounts[5], '^"?-?[0.]*"?$'), '', amounts[5])])[1],
        -- read in one place, which keeps what the engine has to plan small
        [arrayMap(amount -> money(amount), [value.2[1], value.2[2], value.2[3], value.3, value.4])])[1]
) AS sums_of_a_day
