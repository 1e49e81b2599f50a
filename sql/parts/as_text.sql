-- as_text(value): the text of a value: a string without its quotes, a number as its digits, nothing for null
-- example: as_text('"Sch\u00f6n"') → Schön
-- example: as_text('12.5') → 12.5
-- example: as_text('null') →
SELECT
(
    value -> arrayMap(
        token -> multiIf(length(token) > 1 AND startsWith(token, '"') AND endsWith(token, '"'), JSONExtractString(token), token = 'null', '', token),
        [coalesce(toString(value), '')])[1]
) AS as_text
