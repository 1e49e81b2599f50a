-- as_token(value): a text as a value of an event, in quotes; nothing for an empty one
-- example: as_token('say "x"') → "say \"x\""
-- example: as_token('') →
-- example: as_token(as_text(fields['shop']) || '-' || as_text(fields['order'])) → "a-7"
SELECT
(
    value -> arrayMap(text -> if(text = '', '', toJSONString(text)), [coalesce(toString(value), '')])[1]
) AS as_token
