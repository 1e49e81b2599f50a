-- money(value): an amount with a decimal point, exactly: commas, spaces and apostrophes between thousands are left out, and so are currency signs or
--   codes beside it; minus stands before or behind it, or is meant by brackets. What cannot be read so (1.234,56 or 1,5) is refused by the contract
-- example: money('"$1,234.56"') → "1234.56"
-- example: money('"(1,234,567.80)"') → "-1234567.80"
-- example: money('"EUR 12.50-"') → "-12.50"
-- example: money('1234.5') → "1234.5"
-- example: money('"1.1E-5"') → "0.000011"
-- example: money('"1.234,56"') → "1.234,56"
-- example: money('"1,5"') → "1,5"
-- example: money('"--"') →
SELECT
(
    value -> _amount(
        _no_exponent(as_text(clean(value))),
        '([0-9]{1,3}(?:[, \'\\x{2019}\\x{A0}\\x{202F}][0-9]{2,3})*[, \'\\x{2019}\\x{A0}\\x{202F}][0-9]{3}(?:[.][0-9]*)?|[0-9]+(?:[.][0-9]*)?|[.][0-9]+)',
        '.')
) AS money
