{# Of a line whose refused records are all behind those that carry its text: the first of them. #}
SELECT drop_no, line_number, min(record) AS first
FROM {{ aside }}
WHERE notEmpty(reasons) AND reasons != ['ignored']
GROUP BY drop_no, line_number
HAVING countIf(line != '') = 0
