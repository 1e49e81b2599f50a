-- clean(value): the value without spaces around it; nothing for what exports write for nothing: N/A, #N/A, null, nil, undefined, NaN, \N, (not set),
--   (not provided), (none), and dashes alone
-- example: clean('" N/A "') →
-- example: clean('"(not set)"') →
-- example: clean('"--"') →
-- example: clean('" summer sale "') → "summer sale"
-- example: clean('7') → 7
SELECT
(
    value -> arrayMap(
        text -> multiIf(
            match(text, '^(?i:#?n/a|null|nil|undefined|nan|\\\\n|[(]?not set[)]?|[(]not provided[)]|[(]none[)]|[-\\x{2013}\\x{2014}]+|)$'), '',
            startsWith(toString(value), '"'), toJSONString(text),
            text),
        [trim(BOTH ' \t\r\n' FROM as_text(value))])[1]
) AS clean
