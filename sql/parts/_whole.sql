-- _whole(value): an amount, as `money` gives it, as a whole number: without a fraction of zero; 0 for nothing
-- example: _whole('"7.0"') → "7"
-- example: _whole('') → "0"
SELECT
(
    value -> arrayMap(
        text -> if(text = '', '"0"', toJSONString(replaceRegexpOne(text, '[.]0*$', ''))),
        [as_text(value)])[1]
) AS _whole
