-- whole_number(value): a count, as reports write it, as a whole number: commas between thousands are left out, a fraction (a conversion that two ads
--   share) is rounded, half a one upwards. 0 for nothing. What is no number is refused by the contract, where it becomes a quantity
-- example: whole_number('"12,034"') → "12034"
-- example: whole_number('12.5') → "13"
-- example: whole_number('"--"') → "0"
-- example: whole_number('"many"') → "many"
SELECT
(
    value -> arrayMap(
        text -> if(text = '', '"0"', toJSONString(ifNull(toString(round(toDecimal128OrNull(text, 6))), text))),
        [as_text(money(value))])[1]
) AS whole_number
