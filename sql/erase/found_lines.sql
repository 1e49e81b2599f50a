-- grain: one drop of the batch with lines that name an erased person
SELECT drop_no, groupArray(line_number) AS lines FROM {{ erased }} GROUP BY drop_no
