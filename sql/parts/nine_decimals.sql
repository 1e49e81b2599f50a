-- nine_decimals(value): an amount, read as by `money`, rounded to nine decimals: for numbers with more digits than they mean, as sums of doubles have. Half
--   a unit is rounded away from zero; what is no amount stays, and is refused by the contract
-- example: nine_decimals('0.30000000000000004') → "0.3"
-- example: nine_decimals('-1.0000000005') → "-1.000000001"
-- example: nine_decimals('1e-12') → "0"
-- example: nine_decimals('"1,234.50"') → "1234.5"
-- example: nine_decimals('"much"') → "much"
-- example: nine_decimals('null') →
SELECT
(
    value -> arrayMap(
        text -> if(text = '', '', toJSONString(coalesce(toString(round(toDecimal128OrNull(text, 18), 9)), text))),
        [as_text(money(value))])[1]
) AS nine_decimals
