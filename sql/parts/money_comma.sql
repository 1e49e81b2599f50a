-- money_comma(value): as `money`, with a decimal comma; dots, spaces and apostrophes stand between thousands
-- example: money_comma('"1.234,56 €"') → "1234.56"
-- example: money_comma('"-1 234,5"') → "-1234.5"
-- example: money_comma('"1.234"') → "1234"
-- example: money_comma('"1,234.56"') → "1,234.56"
SELECT
(
    value -> _amount(
        as_text(clean(value)),
        '([0-9]{1,3}(?:[. \'\\x{2019}\\x{A0}\\x{202F}][0-9]{3})+(?:,[0-9]*)?|[0-9]+(?:,[0-9]*)?|,[0-9]+)',
        ',')
) AS money_comma
