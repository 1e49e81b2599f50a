-- _after_amount(): a pattern of what stands behind an amount; the groups are a sign and a bracket
SELECT
(
    '\\s*(?:[A-Za-z]{3}|\\p{Sc})?\\s*([-+\\x{2212}])?\\s*([)])?$'
) AS _after_amount
