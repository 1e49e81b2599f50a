-- _amount(value, 'pattern', 'point'): a text that is an amount, by the pattern of its digits and separators, as a plain number; the text where
--   it is none
-- example: _amount('-5,5 EUR', '([0-9,]+)', ',') → "-5.5"
SELECT
(
    (value, pattern, point) -> arrayMap(
        found -> multiIf(
            value = '', '',
            empty(found), toJSONString(value),
            (found[1] = '') != (found[6] = ''), toJSONString(value),
            (found[1] != '') + (found[2] != '') + (found[3] != '') + (found[5] != '') > 1, toJSONString(value),
            toJSONString(concat(
                if(found[1] != '' OR match(concat(found[2], found[3], found[5]), '[-\\x{2212}]'), '-', ''),
                if(startsWith(found[4], point), '0', ''),
                replaceRegexpOne(replaceOne(replaceRegexpAll(found[4], concat('[^0-9', point, ']'), ''), point, '.'), '[.]$', '')))),
        [extractGroups(value, concat(_before_amount(), pattern, _after_amount()))])[1]
) AS _amount
