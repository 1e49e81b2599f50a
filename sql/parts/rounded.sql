-- rounded(value): a count that reports write with a fraction (a conversion that two ads share), rounded to a whole number, half a one upwards; 0 for
--   nothing. What is no number is refused by the contract, where it becomes a quantity
-- example: rounded('"1,234.50"') → "1235"
-- example: rounded('0.333333') → "0"
-- example: rounded('"many"') → "many"
SELECT
(
    value -> _rounded(money(value))
) AS rounded
