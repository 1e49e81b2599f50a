-- whole_number(value): a count, as reports write it: commas between thousands are left out, and so is a fraction of zero; 0 for nothing. What is no whole
--   number is refused by the contract, where it becomes a quantity
-- example: whole_number('"12,034"') → "12034"
-- example: whole_number('7.0') → "7"
-- example: whole_number('"--"') → "0"
-- example: whole_number('"12.034"') → "12.034"
-- example: whole_number('"many"') → "many"
SELECT
(
    value -> _whole(money(value))
) AS whole_number
