-- _no_exponent(value): a text that is a number with an exponent, without it; as it is where it is none, or is too small to be kept
-- example: _no_exponent('1.1E-5') → 0.000011
-- example: _no_exponent('1e-30') → 1e-30
-- example: _no_exponent('12.5') → 12.5
SELECT
(
    value -> if(
        match(value, '^[-+]?[0-9]{1,9}([.][0-9]{1,17})?[eE][-+]?[0-9]{1,2}$'),
        arrayMap(
            number -> if(coalesce(number, 0) = 0 AND match(splitByRegexp('[eE]', value)[1], '[1-9]'), value, coalesce(toString(number), value)),
            [toDecimal128OrNull(value, 18)])[1],
        value)
) AS _no_exponent
