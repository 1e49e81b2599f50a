-- _rounded(value): an amount, as `money` gives it, rounded to a whole number; 0 for nothing
-- example: _rounded('"1234.50"') → "1235"
-- example: _rounded('') → "0"
SELECT
(
    value -> arrayMap(
        text -> if(text = '', '"0"', toJSONString(coalesce(toString(round(toDecimal128OrNull(text, 9))), text))),
        [as_text(value)])[1]
) AS _rounded
