-- _whole(value): an amount, as `money` gives it, as a whole number: without a fraction of zero; 0 for nothing. 9.000 stays, as it may be nine
--   thousand
-- example: _whole('"7.0"') → "7"
-- example: _whole('"9.000"') → "9.000"
-- example: _whole('') → "0"
SELECT
(
    value -> arrayMap(
        text -> if(text = '', '"0"', toJSONString(if(match(text, '^[0-9]{1,3}[.]000$'), text, replaceRegexpOne(text, '[.]0*$', '')))),
        [as_text(value)])[1]
) AS _whole
