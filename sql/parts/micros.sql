-- micros(value): an amount in millionths (`cost_micros`), exactly, to nine decimals. What is no such number is refused by the contract
-- example: micros('1234567') → "1.234567"
-- example: micros('"-500000"') → "-0.5"
-- example: micros('"a lot"') → "a lot (no micros)"
-- example: micros('null') →
SELECT
(
    value -> arrayMap(
        text -> multiIf(
            text = '', '',
            match(text, '^-?[0-9]{1,17}([.][0-9]{0,3})?$'), toJSONString(toString(toDecimal128OrZero(text, 3) * toDecimal128('0.000001', 6))),
            toJSONString(concat(text, ' (no micros)'))),
        [as_text(clean(value))])[1]
) AS micros
