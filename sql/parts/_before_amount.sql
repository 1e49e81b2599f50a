-- _before_amount(): a pattern of what stands before an amount; the groups are a bracket and two signs
SELECT
(
    '^([(])?\\s*([-+\\x{2212}])?\\s*(?:[A-Za-z]{0,3}\\p{Sc}|[A-Za-z]{2,3}|)\\s*([-+\\x{2212}])?\\s*'
) AS _before_amount
