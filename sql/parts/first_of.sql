-- first_of(value): the first of several values that is there: neither absent, null nor an empty text
-- example: first_of(['', 'null', '""', '"b"', '"c"']) → "b"
-- example: first_of(['', 'null']) →
SELECT
(
    value -> arrayFirst(given -> given NOT IN ('', 'null', '""'), value)
) AS first_of
