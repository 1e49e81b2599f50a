-- cpm(value): the cost of one impression from a price for a thousand (OpenRTB's `price`), exactly, to nine decimals. What is no number, or has more
--   than six decimals, is refused by the contract
-- example: cpm('2.345') → "0.002345"
-- example: cpm('"12"') → "0.012"
-- example: cpm('0.0000001') → "0.0000001 (no CPM)"
SELECT
(
    value -> arrayMap(
        text -> multiIf(
            text = '', '',
            match(text, '^-?[0-9]{1,17}([.][0-9]{0,6})?$'), toJSONString(toString(toDecimal128OrZero(text, 6) * toDecimal128('0.001', 3))),
            toJSONString(concat(text, ' (no CPM)'))),
        [as_text(clean(value))])[1]
) AS cpm
